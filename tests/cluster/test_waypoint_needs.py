"""What `waypoint` reads: from files, and from a cluster with all rights or few."""

from __future__ import annotations

import io

import pytest
from msgspec.structs import replace

from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.cluster.kinds.gateways import Gateway
from kubectl_ambient.cluster.needs.waypoints import WaypointNeeds
from kubectl_ambient.cluster.reading.files import read_files
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.errors import ApiError
from tests.cluster import manifests_of as m
from tests.cluster.fake_client import FakeClient
from tests.cluster.shop import read
from tests.cluster.waypoint_shop import CLUSTER, GATEWAY, ISTIO, gateway, made

SHOP = WaypointNeeds(namespaces=("shop",))
SERVICES = replace(SHOP, kinds=("Service",))
PARTS = ("services", "service_entries", "workload_entries", "gateways", "gateway_classes", "instances")


def instances_of(snapshot: Snapshot, namespace: str, name: str) -> list[str]:
    """The names of a Gateway's pods; both are to be known."""
    gateway = snapshot.gateway(namespace, name)
    assert isinstance(gateway, Gateway)
    pods = snapshot.instances_of(gateway)
    assert pods is not None
    return [pod.name for pod in pods]


@pytest.mark.parametrize("version", ["v1", "v1beta1", "v1alpha3"])
def test_from_files_in_every_version(version: str) -> None:
    objects = [
        made("ServiceEntry", f"networking.istio.io/{version}", "ext", spec={"hosts": ["a.example"]}),
        made("Gateway", f"gateway.networking.k8s.io/{version}", "wp"),
        made("Gateway", f"networking.istio.io/{version}", "no-waypoint"),
    ]
    snapshot, problems = read_files(["-"], stdin=io.BytesIO(m.listed(*objects).encode()))
    assert problems == []
    assert [entry.ref for entry in snapshot.service_entries] == ["ServiceEntry/shop/ext"]
    assert list(snapshot.gateways.facts) == ["shop/wp"]


def test_a_bad_object_hides_no_good_one() -> None:
    bad = made("Gateway", GATEWAY, "bad", spec={"listeners": [{"port": "15008"}]})
    text = m.listed(bad, *CLUSTER)
    snapshot, problems = read_files(["-"], stdin=io.BytesIO(text.encode()))
    assert sorted(snapshot.gateways.facts) == ["infra/far", "shop/wp"]
    (problem,) = problems
    assert "Gateway/shop/bad: spec.listeners[0].port: expected a whole number" in str(problem)


def test_files_and_a_cluster_give_the_same() -> None:
    snapshot, _ = read_files(["-"], whole=True, stdin=io.BytesIO(m.listed(*CLUSTER).encode()))
    live = read(FakeClient(*CLUSTER), WaypointNeeds())
    for part in PARTS:
        files, cluster = getattr(snapshot, part), getattr(live, part)
        assert (files.facts, files.unread, files.absent) == (cluster.facts, cluster.unread, cluster.absent), part
        assert files.covers("shop") == cluster.covers("shop") is True, part
        assert len(files) > 0, part


def test_a_namespace_and_then_what_its_labels_name() -> None:
    client = FakeClient(*CLUSTER)
    snapshot = read(client, SHOP)
    assert client.rounds[0] == 9
    assert sorted(client.requests[client.rounds[0] :]) == [
        "list gateways infra",
        "list pods infra gateway.networking.k8s.io/gateway-name",
    ]
    assert sorted(snapshot.gateways.facts) == ["infra/far", "shop/wp"]
    assert instances_of(snapshot, "infra", "far") == ["far-1"]
    assert instances_of(snapshot, "shop", "wp") == ["wp-1"]
    assert [pod.name for pod in snapshot.pods] == ["web-1", "wp-1"]


def test_the_settings_of_istio_cni_are_read_for_an_address_that_its_dns_tells() -> None:
    used, status = {"istio.io/use-waypoint": "wp"}, {"addresses": [{"value": "240.240.0.1"}]}
    asked = ["list configmaps", "list daemonsets k8s-app=istio-cni-node"]
    for labels, spec, wanted in (
        (used, {"hosts": ["a.example"]}, True),
        (used, {"hosts": ["a.example"], "addresses": ["203.0.113.1"]}, False),
        ({}, {"hosts": ["a.example"]}, False),
        ({"istio.io/use-waypoint": "none"}, {"hosts": ["a.example"]}, False),
    ):
        entry = made("ServiceEntry", ISTIO, "auto", labels=labels, spec=spec, status=status)
        client = FakeClient(*CLUSTER, entry)
        read(client, SHOP)
        second = client.requests[client.rounds[0] :]
        assert [any(r.startswith(start.split(" k8s")[0]) for r in second) for start in asked] == [wanted, wanted]
        assert len(client.rounds) == 2


def test_only_the_kinds_that_are_asked_about() -> None:
    client = FakeClient(*CLUSTER)
    snapshot = read(client, SERVICES)
    assert (snapshot.pods.facts, snapshot.pods.unread) == ({}, {})
    assert instances_of(snapshot, "shop", "wp") == ["wp-1"]
    assert not any("serviceentries" in request for request in client.requests)


def test_what_may_not_be_read_is_named() -> None:
    refused = [
        "list gateways infra",
        "list serviceentries",
        "list gatewayclasses",
        "list pods infra",
        "list deployments",
    ]
    snapshot = read(FakeClient(*CLUSTER, refused=refused), SHOP)
    forbidden = {
        "ServiceEntry": "list serviceentries.networking.istio.io",
        "Gateway": "list gateways.gateway.networking.k8s.io",
        "GatewayClass": "list gatewayclasses.gateway.networking.k8s.io",
    }
    unread = {kind: Unread(what=what, why="forbidden") for kind, what in forbidden.items()}
    assert snapshot.service_entries.refusal == unread["ServiceEntry"]
    assert [part for part in PARTS[:3] if getattr(snapshot, part).unread] == ["service_entries"]
    assert not snapshot.pods.unread
    assert snapshot.gateway("infra", "far") == unread["Gateway"]
    assert isinstance(snapshot.gateway("shop", "wp"), Gateway)
    assert snapshot.gateway("shop", "other") is None
    assert snapshot.gateway_class("istio-waypoint") == unread["GatewayClass"]
    assert not snapshot.instances.covers("infra")
    assert [s.name for s in snapshot.services] == ["cart"]
    assert snapshot.istiods.refusal


def test_nothing_to_tell_is_an_error() -> None:
    with pytest.raises(ApiError, match="forbidden"):
        read(FakeClient(*CLUSTER, refused=["list services"]), SERVICES)


def test_a_cluster_without_the_gateway_api() -> None:
    missing = ["gateways", "gatewayclasses", "serviceentries", "workloadentries"]
    snapshot = read(FakeClient(*CLUSTER, missing=missing), SHOP)
    absent = [part for part in PARTS if getattr(snapshot, part).absent]
    assert absent == ["service_entries", "workload_entries", "gateways", "gateway_classes"]
    assert snapshot.gateway("infra", "far") is None
    assert snapshot.gateway_class("istio-waypoint") is None
    assert [s.name for s in snapshot.services] == ["cart"]


def test_what_surrounds_objects_that_were_read_already_is_answered_whatever_is_refused() -> None:
    with pytest.raises(ApiError, match="forbidden"):
        read(FakeClient(*CLUSTER, refused=["list services"]), SERVICES)
    around = replace(SERVICES, around=True)
    snapshot = read(FakeClient(*CLUSTER, refused=["list services"]), around)
    assert str(snapshot.services.refusal) == "cannot list services: forbidden"
    assert isinstance(snapshot.gateway("shop", "wp"), Gateway)


def test_the_homes_that_an_object_is_going_to_use() -> None:
    client = FakeClient(*CLUSTER)
    needs = WaypointNeeds(namespaces=("shop",), kinds=(), homes=frozenset({"infra"}), around=True)
    snapshot = read(client, needs)
    assert len(client.rounds) == 1, "not after the others"
    assert instances_of(snapshot, "infra", "far") == ["far-1"]
    everywhere = FakeClient(*CLUSTER)
    read(everywhere, replace(needs, namespaces=()))
    assert [r for r in everywhere.requests if "gateways" in r] == ["list gateways *"]


def test_the_namespace_of_a_waypoint_elsewhere_where_not_every_one_is_looked_at() -> None:
    settings = m.configmap("istio", data={"mesh": "discoverySelectors:\n- matchLabels: {mesh: on}\n"})
    client = FakeClient(*CLUSTER, settings)
    read(client, SHOP)
    assert "get namespaces infra (metadata)" in client.requests[client.rounds[0] :]
    plain = m.configmap("istio", data={"mesh": "defaultConfig:\n  discoveryAddress: istiod.istio-system.svc:15012\n"})
    client = FakeClient(*CLUSTER, plain)
    read(client, SHOP)
    assert "get namespaces infra (metadata)" not in client.requests


def test_the_tags_where_a_waypoint_has_no_address() -> None:
    young = {**gateway("young"), "status": {}}
    client = FakeClient(*CLUSTER, young)
    snapshot = read(client, SHOP)
    assert "list mutatingwebhookconfigurations" in client.requests[client.rounds[0] :]
    assert snapshot.webhooks.covers("")
    revisioned = m.workload("Deployment", "istiod-x", "istio-system", labels={"app": "istiod", "istio.io/rev": "x"})
    client = FakeClient(*CLUSTER, revisioned)
    read(client, SHOP)
    assert "list configmaps * metadata.name=istio-x" in client.requests[client.rounds[0] :]
