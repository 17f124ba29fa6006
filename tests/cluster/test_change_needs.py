"""What a change is judged by: of other namespaces only what can matter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from kubectl_ambient.cluster.facts import Owner
from kubectl_ambient.cluster.needs.change import ChangeNeeds
from kubectl_ambient.cluster.needs.pods import PodNeeds, of_namespaces, of_pods, of_workloads
from kubectl_ambient.cluster.reading.cluster import ask, read_cluster
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.api import Client
from tests.cluster import manifests_of as m
from tests.cluster.fake_client import FakeClient
from tests.cluster.waypoint_shop import made

AMBIENT = {"istio.io/dataplane-mode": "ambient"}
EVERYONE = {"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": {}}], "ports": [{"port": 80}]}]}
OWN = {"podSelector": {}, "ingress": [{"from": [{"podSelector": {}}], "ports": [{"port": 80}]}]}


def read(client: FakeClient, pods: PodNeeds) -> Snapshot:
    return read_cluster(cast(Client, client), ChangeNeeds(pods=pods), now=datetime.now(UTC))


def cluster(spec: dict[str, Any] | None) -> FakeClient:
    policies = [made("NetworkPolicy", "networking.k8s.io/v1", "p", spec=spec)] if spec else []
    return FakeClient(
        m.namespace("shop"),
        m.namespace("pay", AMBIENT),
        m.namespace("old"),
        m.pod("web-1"),
        m.pod("till-1", "pay"),
        m.pod("batch-1", "old"),
        *policies,
    )


def test_without_a_network_policy_no_other_namespace_is_read() -> None:
    client = cluster(None)
    assert list(read(client, of_namespaces(["shop"])).pods.facts) == ["shop/web-1"]


def test_a_policy_that_admits_others_has_the_namespaces_of_the_mesh_read() -> None:
    found = read(cluster(EVERYONE), of_namespaces(["shop"]))
    assert sorted(found.pods.facts) == ["pay/till-1", "shop/web-1"]
    assert sorted(found.on_network.facts) == ["pay/till-1", "shop/web-1"]


def test_one_for_its_own_namespace_does_not() -> None:
    assert list(read(cluster(OWN), of_namespaces(["shop"])).pods.facts) == ["shop/web-1"]


def test_of_a_workload_its_own_pods_are_read_with_their_ports() -> None:
    client = FakeClient(
        m.namespace("shop"),
        m.workload("Deployment", "web"),
        m.pod("web-5d9f-1", labels={"app": "web", "pod-template-hash": "5d9f"}, owner="ReplicaSet/web-5d9f"),
        m.pod("other", labels={"app": "web"}),
    )
    found = read(client, of_workloads("shop", [Owner(kind="Deployment", name="web")]))
    assert list(found.pods.facts) == list(found.on_network.facts) == ["shop/web-5d9f-1"]


def test_what_the_platform_is_set_to_is_read_by_name_and_with_what_is_read_anyway() -> None:
    client = cluster(None)
    client.objects.append(m.workload("DaemonSet", "aws-node", "kube-system", labels={"k8s-app": "aws-node"}))
    assert list(read(client, of_namespaces(["shop"])).vpc_cni_daemonsets.facts) == ["kube-system/aws-node"]
    asked = [request for request in client.requests if request.split()[1] in ("felixconfigurations", "networks")]
    assert sorted(asked) == [
        *["list felixconfigurations metadata.name=default"] * 2,
        "list networks metadata.name=cluster",
    ]
    assert sum(request.startswith("list daemonsets *") for request in client.requests) == 1


def test_policies_that_may_not_be_listed_everywhere_are_listed_here() -> None:
    client = cluster(OWN)
    client.refused = {"list networkpolicies *"}
    found = read(client, of_namespaces(["shop"]))
    assert list(found.network_policies.facts) == ["shop/p"]
    assert found.network_policies.why_unread("shop") is None
    assert found.network_policies.refusal is not None


def test_who_leaves_has_those_read_that_may_refuse_it() -> None:
    strict = made("PeerAuthentication", "security.istio.io/v1", "p", "pay", spec={"mtls": {"mode": "STRICT"}})
    client = cluster(None)
    client.objects.append(strict)
    stays = read_cluster(
        cast(Client, client), ChangeNeeds(pods=of_namespaces(["shop"]), leaves=True), now=datetime.now(UTC)
    )
    assert sorted(stays.pods.facts) == ["pay/till-1", "shop/web-1"]
    assert list(read(client, of_namespaces(["shop"])).pods.facts) == ["shop/web-1"]


def test_policies_on_waypoints_have_these_read_where_pods_leave() -> None:
    refs = [{"group": "", "kind": "Service", "name": "till"}]
    policy = made("AuthorizationPolicy", "security.istio.io/v1", "p", "pay", spec={"targetRefs": refs, "rules": [{}]})
    client = cluster(None)
    client.objects.append(policy)
    read_cluster(cast(Client, client), ChangeNeeds(pods=of_namespaces(["shop"]), leaves=True), now=datetime.now(UTC))
    assert any("gateways" in request for request in client.requests)
    client.requests.clear()
    read(client, of_namespaces(["shop"]))
    assert not any("gateways" in request for request in client.requests)


PROXY = {"service.istio.io/canonical-name": "x"}
SIDECAR = {"sidecar.istio.io/status": "{}"}


def with_proxies(ambient: str, home: str = "shop", *, mode: str = "STRICT", sidecar: bool = False) -> FakeClient:
    """A pod of shop, with a sidecar or without, one of a sidecar elsewhere, and a PeerAuthentication."""
    env = [{"name": "PILOT_ENABLE_AMBIENT", "value": ambient}]
    containers = [{"name": "discovery", "image": "istio/pilot:1.30.3", "env": env}]
    return FakeClient(
        m.namespace("shop"),
        m.namespace("old"),
        m.pod("web-1", **({"labels": PROXY, "annotations": SIDECAR} if sidecar else {})),
        m.pod("caller-1", "old", labels=PROXY, annotations=SIDECAR),
        m.pod("plain-1", "old"),
        m.workload(
            "Deployment",
            "istiod",
            "istio-system",
            labels={"app": "istiod"},
            template={"spec": {"containers": containers}},
        ),
        made("PeerAuthentication", "security.istio.io/v1", "p", home, spec={"mtls": {"mode": mode}}),
    )


@pytest.mark.parametrize(
    ("client", "read_too"),
    [
        (with_proxies("false"), True),
        (with_proxies("false", "istio-system"), True),
        (with_proxies("true"), False),
        (with_proxies("false", "old"), False),
        (with_proxies("false", mode="PERMISSIVE"), False),
        (with_proxies("true", "old", sidecar=True), True),
        (with_proxies("true", "istio-system", sidecar=True), True),
        (with_proxies("true", "old", mode="PERMISSIVE", sidecar=True), False),
        (with_proxies("true", sidecar=True), False),
    ],
)
def test_proxies_elsewhere_are_read_where_strict_stands_between(client: FakeClient, read_too: bool) -> None:
    """Those that send no HBONE to who comes in, and sidecars that refuse who loses its own."""
    found = read(client, of_namespaces(["shop"]))
    assert sorted(found.pods.facts) == (["old/caller-1"] if read_too else []) + ["shop/web-1"]
    assert found.on_network.facts.keys() == found.pods.facts.keys()


@pytest.mark.parametrize(
    "pods", [of_pods("shop", ["web-1"]), of_workloads("shop", [Owner(kind="Deployment", name="web")])]
)
def test_of_a_namespace_that_is_read_in_part_they_are_read_too(pods: PodNeeds) -> None:
    client = with_proxies("true", sidecar=True)
    client.objects += [m.workload("Deployment", "web"), m.pod("db-1", labels=PROXY, annotations=SIDECAR)]
    assert "shop/db-1" in read(client, pods).pods.facts


def test_where_all_pods_are_read_nobody_is_asked_twice() -> None:
    client = with_proxies("false", "istio-system", sidecar=True)
    read(client, of_namespaces([]))
    assert not any("canonical-name" in request for request in client.requests)


def test_that_they_may_not_be_listed_is_known() -> None:
    client = with_proxies("false")
    client.refused = {"list pods * service.istio.io/canonical-name"}
    found = read(client, of_namespaces(["shop"]))
    assert str(found.on_network.refusal) == "cannot list pods of sidecars and gateways: forbidden"
    assert found.pods.why_unread("shop") is None


CALICO = {"list felixconfigurations", "list networkpolicies *", "list ciliumnetworkpolicies shop"}


def test_types_of_groups_that_the_server_does_not_have_are_not_asked_for() -> None:
    client = cluster(None)
    client.groups, client.refused = {"apps", "cilium.io"}, CALICO
    found = read(client, of_namespaces(["shop"]))
    plurals = {request.split()[1] for request in client.requests}
    assert not plurals & {"felixconfigurations", "networks", "adminnetworkpolicies", "servicemonitors"}
    assert "ciliumclusterwidenetworkpolicies" in plurals
    assert found.felix_configurations.absent
    assert found.cluster_networks.absent
    assert list(found.other_policies.unread) == ["CiliumNetworkPolicy/shop"]


@pytest.mark.parametrize("absent", ["crd.projectcalico.org", "projectcalico.org"])
def test_that_one_of_two_types_is_not_there_says_nothing_of_the_other(absent: str) -> None:
    client = cluster(None)
    client.groups, client.refused = {"crd.projectcalico.org", "projectcalico.org"} - {absent}, CALICO
    found = read(client, of_namespaces(["shop"])).felix_configurations
    assert not found.absent
    assert str(found.refusal) == "cannot get felixconfiguration default: forbidden"


OUT = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [{"podSelector": {}}], "ports": [{"port": 80}]}]}
NAMED = {"istio.io/use-waypoint": "wp"}
FAR = {**NAMED, "istio.io/use-waypoint-namespace": "edge"}


def around(client: FakeClient) -> Snapshot:
    needs = ChangeNeeds(pods=of_namespaces(["shop"]))
    found = read_cluster(cast(Client, client), needs, now=datetime.now(UTC))
    ask(cast(Client, client), found, needs.around(found))
    return found


@pytest.mark.parametrize("of", ["service", "pod", "namespace"])
def test_what_names_a_waypoint_is_read_with_that_wherever_it_is(of: str) -> None:
    client = cluster(OUT)
    labels = {one: FAR if one == of else {} for one in ("service", "pod", "namespace")}
    client.objects += [
        m.namespace("far", labels["namespace"]),
        made("Service", "v1", "box", "far", labels=labels["service"], spec={"selector": {"app": "box"}}),
        m.pod("box-1", "far", labels=labels["pod"]),
        m.pod("box-2", "far"),
        made("Gateway", "gateway.networking.k8s.io/v1", "wp", "edge"),
        m.pod("wp-1", "edge", labels={"gateway.networking.k8s.io/gateway-name": "wp"}),
        made("Gateway", "gateway.networking.k8s.io/v1", "wp", "old"),
    ]
    found = around(client)
    assert sorted(found.on_network.facts) == ["edge/wp-1", "far/box-1", "far/box-2", "shop/web-1"]
    assert list(found.services.facts) == ["far/box"]
    assert list(found.gateways.facts) == ["edge/wp"]
    assert [place for place in ("far", "old", "pay") if found.on_network.covers(place)] == ["far"]
    asked = sorted(r for r in client.requests if " far" in r and "gateway" not in r)
    assert asked == ["list pods far", "list services far"]


def test_where_no_policy_has_a_word_what_names_one_is_not_read() -> None:
    client = cluster(OWN)
    client.objects += [made("Service", "v1", "box", "far", labels=FAR), m.pod("box-1", "far")]
    assert sorted(around(client).pods.facts) == ["shop/web-1"]
    client = cluster(None)
    client.objects += [made("Service", "v1", "box", "far", labels=FAR)]
    assert not around(client).services.facts


def test_what_may_not_be_read_behind_a_waypoint_is_asked_for_once() -> None:
    client = cluster(OUT)
    client.objects += [m.namespace("far", FAR), made("Service", "v1", "box", "far", labels=FAR)]
    client.refused = {"list pods far"}
    found = around(client)
    assert str(found.on_network.why_unread("far")) == "cannot list pods: forbidden"
    assert sum(request.startswith("list pods far") for request in client.requests) == 1


def routed(controller: str) -> FakeClient:
    """A route to shop, taken by this controller; and proxies of its Gateway, one of Envoy Gateway, and another pod."""
    client = cluster(None)
    gateway = {"name": "edge", "namespace": "infra"}
    spec = {"parentRefs": [gateway], "rules": [{"backendRefs": [{"name": "web", "namespace": "shop", "port": 80}]}]}
    taken = {"parentRef": gateway, "controllerName": controller, "conditions": [{"type": "Accepted", "status": "True"}]}
    envoy = "gateway.envoyproxy.io/owning-gateway"
    client.objects += [
        made("HTTPRoute", "gateway.networking.k8s.io/v1", "web", "team", spec=spec, status={"parents": [taken]}),
        m.pod("edge-1", "infra", labels={"gateway.networking.k8s.io/gateway-name": "edge"}),
        m.pod("edge-2", "envoy", labels={f"{envoy}-name": "edge", f"{envoy}-namespace": "infra"}),
        m.pod("other-1", "infra", labels={"gateway.networking.k8s.io/gateway-name": "other"}),
        made("PeerAuthentication", "security.istio.io/v1", "p", spec={"mtls": {"mode": "STRICT"}}),
    ]
    return client


def test_proxies_that_routes_send_from_are_read() -> None:
    client = routed("gateway.example.org/controller")
    assert sorted(around(client).on_network.facts) == ["envoy/edge-2", "infra/edge-1", "shop/web-1"]


def test_those_of_istio_and_of_routes_to_others_are_not() -> None:
    assert sorted(around(routed("istio.io/gateway-controller")).on_network.facts) == ["shop/web-1"]
    client = routed("gateway.example.org/controller")
    client.objects[6]["spec"]["rules"][0]["backendRefs"][0]["namespace"] = "team"
    assert sorted(around(client).on_network.facts) == ["shop/web-1"]


def test_routes_are_asked_for_where_a_policy_may_refuse_somebody() -> None:
    client = routed("gateway.example.org/controller")
    del client.objects[-1]
    assert not around(client).routes.facts
    assert not [request for request in client.requests if "routes" in request]
    client = routed("gateway.example.org/controller")
    client.groups = {"security.istio.io"}
    assert around(client).routes.absent


PROXY_OF_ISTIO = {"service.istio.io/canonical-name": "in", "gateway.istio.io/managed": "istio.io-gateway-controller"}
INJECTED = {"sidecar.istio.io/inject": "true", "security.istio.io/tlsMode": "istio", **PROXY}


def members(client: FakeClient) -> FakeClient:
    """Members of the mesh in namespaces whose labels do not say so, and a sidecar that such a label has made."""
    client.objects += [
        m.pod("in-1", "edge", labels=PROXY_OF_ISTIO),
        m.pod("side-1", "edge", labels=INJECTED, annotations=SIDECAR),
        m.pod("own-1", "edge", labels=AMBIENT),
        m.pod("none-1", "edge"),
    ]
    return client


MEMBERS = ["edge/in-1", "edge/own-1", "edge/side-1"]


def test_gateways_and_others_that_their_own_labels_put_in_call_from_everywhere() -> None:
    found = around(members(cluster(EVERYONE)))
    assert sorted(found.on_network.facts) == sorted([*MEMBERS, "pay/till-1", "shop/web-1"])
    assert sorted(around(members(cluster(OWN))).on_network.facts) == ["shop/web-1"]


def test_of_a_namespace_where_a_policy_isolates_its_members_are_read() -> None:
    client = members(cluster(None))
    client.objects.append(made("NetworkPolicy", "networking.k8s.io/v1", "p", "edge", spec=EVERYONE))
    client.objects.append(m.pod("own-2", "old", labels=AMBIENT))
    assert sorted(around(client).on_network.facts) == sorted([*MEMBERS, "shop/web-1"])


@pytest.mark.parametrize("home", ["edge", "istio-system"])
def test_those_may_refuse_who_leaves(home: str) -> None:
    client = members(cluster(None))
    client.objects.append(
        made("PeerAuthentication", "security.istio.io/v1", "p", home, spec={"mtls": {"mode": "STRICT"}})
    )
    needs = ChangeNeeds(pods=of_namespaces(["shop"]), leaves=True)
    found = read_cluster(cast(Client, client), needs, now=datetime.now(UTC))
    there = {"pay/till-1"} if home == "istio-system" else set()
    assert sorted(found.on_network.facts) == sorted({*MEMBERS, *there, "shop/web-1"})


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("cluster.local/ns/old/sa/batch", ["old/batch-1", "shop/web-1"]),
        ("*/ns/old/sa/batch", ["shop/web-1"]),
        ("cluster.local/ns/old/*", ["shop/web-1"]),
        ("cluster.local/ns/shop/sa/web", ["shop/web-1"]),
    ],
)
def test_who_has_an_identity_that_a_policy_asks_for_is_read(principal: str, expected: list[str]) -> None:
    client = cluster(None)
    rules = [{"from": [{"source": {"principals": [principal]}}]}]
    client.objects.append(made("AuthorizationPolicy", "security.istio.io/v1", "p", spec={"rules": rules}))
    assert sorted(around(client).on_network.facts) == expected
    client.objects[-1]["metadata"]["namespace"] = "pay"
    assert sorted(around(client).on_network.facts) == ["shop/web-1"]


def test_the_gateways_of_proxies_tell_that_these_have_no_waypoint() -> None:
    client = cluster(OUT)
    client.objects += [
        made("Service", "v1", "box", "far", labels=FAR),
        m.pod("wp-1", "far", labels={"gateway.networking.k8s.io/gateway-name": "wp"}),
        made("Gateway", "gateway.networking.k8s.io/v1", "wp", "far"),
    ]
    assert list(around(client).gateways.facts) == ["far/wp"]


def test_a_gateway_that_is_not_there_is_known_not_to_be() -> None:
    client = cluster(None)
    client.objects.append(m.pod("in-1", labels={"gateway.networking.k8s.io/gateway-name": "in", **PROXY_OF_ISTIO}))
    found = around(client)
    assert str(found.gateways.unread["shop/in"]) == "cannot get gateway in: not found"
    assert found.gateway("shop", "in") is None


def test_waypoints_that_labels_of_here_and_of_namespaces_name_take_no_third_round() -> None:
    client = cluster(OUT)
    client.objects[0]["metadata"]["labels"] = NAMED
    client.objects += [
        m.namespace("far", FAR),
        made("Gateway", "gateway.networking.k8s.io/v1", "wp"),
        m.pod("wp-1", labels={"gateway.networking.k8s.io/gateway-name": "wp"}),
        made("Gateway", "gateway.networking.k8s.io/v1", "wp", "edge"),
        m.pod("wp-1", "edge", labels={"gateway.networking.k8s.io/gateway-name": "wp"}),
    ]
    found = around(client)
    assert sorted(found.gateways.facts) == ["edge/wp", "shop/wp"]
    assert sorted(found.instances.facts) == ["edge/wp-1", "shop/wp-1"]
    assert len(client.rounds) == 2
