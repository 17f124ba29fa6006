"""The entries of kinds fit together, and what reads by them gives one fact, whatever is read."""

from __future__ import annotations

import inspect
import io
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
import yaml

from kubectl_ambient.cluster.found import Found
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.kinds.labelled import TEMPLATED
from kubectl_ambient.cluster.kinds.labels import LABELLED_NAMESPACES, LABELS
from kubectl_ambient.cluster.kinds.table import BY_KIND, KINDS
from kubectl_ambient.cluster.needs.ask import Ask
from kubectl_ambient.cluster.reading.cluster import ask
from kubectl_ambient.cluster.reading.files import read_files
from kubectl_ambient.cluster.reading.label_files import read_label_files
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.cluster.wire_parts import Wire
from kubectl_ambient.kube.api import Client
from tests.cluster import manifests_of as m
from tests.cluster.fake_client import FakeClient
from tests.cluster.waypoint_shop import GATEWAY, ISTIO, gateway, made

OF_LABELS = (*LABELS.values(), LABELLED_NAMESPACES)
EVERY = (*KINDS, *OF_LABELS)
RBAC = Path(__file__).parents[2] / "docs" / "rbac.yaml"
AMBIENT = {"istio.io/dataplane-mode": "ambient"}
CNI, ZTUNNEL = {"k8s-app": "istio-cni-node"}, {"app": "ztunnel"}


def name_of(kind: Kind[Any]) -> str:
    return f"{kind.kind} to {kind.part}"


def takes_all(kind: Kind[Any]) -> bool:
    return not (kind.label or kind.called)


def wire_types(of: type[Any] = Wire) -> Iterator[type[Any]]:
    for found in of.__subclasses__():
        yield found
        yield from wire_types(found)


def test_no_field_of_a_wire_type_has_to_be_compiled_when_it_is_decoded() -> None:
    every = [(found, key, value) for found in wire_types() for key, value in inspect.get_annotations(found).items()]
    assert len(every) > 100
    assert [f"{of.__qualname__}.{key}" for of, key, value in every if isinstance(value, str)] == []


@pytest.mark.parametrize("kind", EVERY, ids=name_of)
def test_the_facts_have_their_place_in_a_snapshot(kind: Kind[Any]) -> None:
    assert isinstance(getattr(Snapshot(), kind.part), Found)


def test_every_place_of_a_snapshot_has_its_kinds() -> None:
    fields = msgspec.structs.fields(Snapshot)
    parts = {field.name for field in fields if isinstance(getattr(Snapshot(), field.name), Found)}
    assert {kind.part for kind in EVERY} == parts


def test_no_object_goes_twice_to_one_place() -> None:
    for one, other in combinations(EVERY, 2):
        same = (one.resource.full_name, one.part) == (other.resource.full_name, other.part)
        assert not (same and takes_all(one) and takes_all(other)), name_of(one)


def test_kinds_that_share_a_place_have_keys_that_differ() -> None:
    homes: dict[str, set[str]] = defaultdict(set)
    for kind in EVERY:
        homes[kind.part].add(kind.kind)
    for kind in EVERY:
        assert kind.prefixed == (len(homes[kind.part]) > 1), name_of(kind)


@pytest.mark.parametrize("kinds", [KINDS, OF_LABELS], ids=["facts", "labels"])
def test_one_resource_is_decoded_into_one_type(kinds: tuple[Kind[Any], ...]) -> None:
    """As one read may be for several kinds, and files are read once for all of them."""
    how: dict[str, set[tuple[type[Any], bool]]] = defaultdict(set)
    for kind in kinds:
        how[kind.resource.full_name].add((kind.wire, kind.partial))
    assert {name: found for name, found in how.items() if len(found) > 1} == {}


def test_every_resource_is_known_as_a_whole() -> None:
    """But those of which somebody else's objects are nobody's business."""
    some = {kind.kind for kind in KINDS} - BY_KIND.keys()
    assert some == {"ConfigMap", "FelixConfiguration", "Network"}
    assert all(kind.called for kind in KINDS if kind.kind in some)


@pytest.mark.parametrize("kind", EVERY, ids=name_of)
def test_what_the_entries_say_makes_sense(kind: Kind[Any]) -> None:
    assert "list" in kind.rights or not kind.called, "by its name in any namespace"
    assert kind.words or kind.called
    assert not kind.homes or (kind.called and kind.resource.namespaced)
    assert not kind.also_called or kind.also_called(kind.called)


def rights_of(kind: Kind[Any]) -> set[tuple[str, str, str, str]]:
    return {(kind.resource.group, kind.resource.plural, verb, kind.called) for verb in kind.rights}


def granted(role: str) -> list[tuple[str, str, str, str]]:
    """Group, resource, verb, and the name that the right is for; empty for all."""
    (found,) = (o for o in yaml.safe_load_all(RBAC.read_text(encoding="utf-8")) if o["metadata"]["name"] == role)
    return [
        (group, resource, verb, name)
        for rule in found["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", [""])
    ]


def test_the_role_grants_what_the_entries_need_and_nothing_else() -> None:
    rules = granted("kubectl-ambient-view")
    assert set(rules) == set().union(*map(rights_of, (*KINDS, *OF_LABELS)))
    assert len(rules) == len(set(rules)), "each right once"


TEMPLATE = {"metadata": {"labels": AMBIENT, "annotations": {"sidecar.istio.io/inject": "false"}}}
STATUS = {
    "addresses": [{"value": "10.0.0.9"}],
    "conditions": [{"type": "istio.io/WaypointBound", "status": "True", "observedGeneration": 2}],
}
SERVED: dict[str, Any] = {"labels": {"istio.io/use-waypoint": "wp"}, "status": STATUS}
SECURITY = "security.istio.io/v1"
# Of each place one object that belongs there; of `workloads` and `labelled` one of each kind, below.
SAMPLES: dict[str, m.Manifest] = {
    "pods": m.pod(labels=AMBIENT, annotations={"ambient.istio.io/redirection": "enabled"}, owner="ReplicaSet/web-5d9f"),
    "cni_pods": m.pod("cni-1", "kube-system", labels=CNI),
    "ztunnel_pods": m.pod("ztunnel-1", "kube-system", labels=ZTUNNEL),
    "instances": m.pod("wp-1", labels={"gateway.networking.k8s.io/gateway-name": "wp"}),
    "namespaces": m.namespace("shop", AMBIENT),
    "nodes": m.node("n1", {"type": "virtual-kubelet"}),
    "events": m.event("web-1"),
    "agent_events": m.event("ztunnel", "istio-system", "FailedCreate")
    | {"involvedObject": {"kind": "DaemonSet", "namespace": "istio-system", "name": "ztunnel"}},
    "cni_daemonsets": m.workload("DaemonSet", "istio-cni-node", "kube-system", labels=CNI),
    "ztunnel_daemonsets": m.workload("DaemonSet", "ztunnel", "istio-system"),
    "vpc_cni_daemonsets": m.workload("DaemonSet", "aws-node", "kube-system", labels={"k8s-app": "aws-node"}),
    "istiods": m.workload("Deployment", "istiod", "istio-system", labels={"app": "istiod", "istio.io/rev": "canary"}),
    "gateway_deployments": m.workload("Deployment", "wp", labels={"gateway.networking.k8s.io/gateway-name": "wp"}),
    "cni_config": m.configmap("istio-cni-config", data={"AMBIENT_ENABLED": "true"}),
    "injectors": m.configmap("istio-sidecar-injector", data={"config": "policy: enabled\ntemplates: {}\n"}),
    "cilium_config": m.configmap("cilium-config", "kube-system", data={"cni-exclusive": "true"}),
    "felix_configurations": made(
        "FelixConfiguration", "crd.projectcalico.org/v1", "default", "", spec={"bpfEnabled": True}
    ),
    "cluster_networks": made(
        "Network",
        "operator.openshift.io/v1",
        "cluster",
        "",
        spec={
            "defaultNetwork": {
                "type": "OVNKubernetes",
                "ovnKubernetesConfig": {"gatewayConfig": {"routingViaHost": True}},
            }
        },
    ),
    "mesh_configs": m.configmap("istio", data={"mesh": "trustDomain: cluster.local\n"}),
    "webhooks": m.webhooks(revision="canary"),
    "services": made("Service", "v1", "cart", spec={"clusterIP": "10.0.0.1", "selector": {"app": "cart"}}, **SERVED),
    "service_entries": made("ServiceEntry", ISTIO, "ext", spec={"hosts": ["a.example"]}, **SERVED),
    "workload_entries": made("WorkloadEntry", ISTIO, "vm", spec={"address": "1.2.3.4", "labels": AMBIENT}, **SERVED),
    "gateways": gateway("wp"),
    "sandboxes": m.pod(
        annotations={"ambient.istio.io/redirection": "enabled"},
        status={
            "startTime": "2026-01-01T00:00:00Z",
            "conditions": [
                {
                    "type": "PodReadyToStartContainers",
                    "status": "True",
                    "lastTransitionTime": "2026-01-01T00:00:02Z",
                }
            ],
        },
    ),
    "on_network": m.pod(
        spec={
            "serviceAccountName": "web",
            "containers": [
                {"name": "web", "ports": [{"containerPort": 80}], "livenessProbe": {"httpGet": {"port": "http"}}}
            ],
        }
    ),
    "network_policies": made(
        "NetworkPolicy", "networking.k8s.io/v1", "deny", spec={"podSelector": {}, "ingress": [{}]}
    ),
    "ingresses": made(
        "Ingress",
        "networking.k8s.io/v1",
        "web",
        spec={"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}},
    ),
    "routes": made(
        "HTTPRoute",
        GATEWAY,
        "web",
        spec={"parentRefs": [{"name": "edge"}], "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]},
    ),
    "ingress_classes": made("IngressClass", "networking.k8s.io/v1", "nginx", "", spec={"controller": "k8s.io/x"}),
    "callbacks": made(
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        "hooks",
        "",
        webhooks=[{"name": "a.example", "clientConfig": {"service": {"namespace": "shop", "name": "hook"}}}],
    )
    | {"spec": {"service": {"namespace": "shop", "name": "hook"}}},
    "monitors": made("ServiceMonitor", "monitoring.coreos.com/v1", "web", spec={"endpoints": [{"port": "http"}]}),
    "other_policies": made("CiliumNetworkPolicy", "cilium.io/v2", "deny"),
    "endpoint_slices": made("EndpointSlice", "discovery.k8s.io/v1", "cart-1")
    | {"addressType": "IPv4", "endpoints": []},
    "authorization_policies": made("AuthorizationPolicy", SECURITY, "allow", spec={"rules": [{}]}),
    "peer_authentications": made("PeerAuthentication", SECURITY, "strict", spec={"mtls": {"mode": "STRICT"}}),
    "gateway_classes": made("GatewayClass", GATEWAY, "istio-waypoint", "", spec={"controllerName": "istio.io/x"}),
}


def a_workload(kind: str) -> m.Manifest:
    return m.workload(kind, template=TEMPLATE, labels=AMBIENT, owner="Thing/above", spec={"replicas": 2})


def sample(kind: Kind[Any]) -> m.Manifest:
    """An object of the kind, alone where that has no namespace."""
    found = a_workload(kind.kind) if kind.part in ("workloads", "templates") else SAMPLES[kind.part]
    found = {**found, "kind": kind.kind, "apiVersion": kind.resource.api_version}
    return _as_the_api_has_it(kind, found)


def a_labelled(kind: Kind[Any]) -> m.Manifest:
    if kind.kind == "ReplicaSet":  # in files, one that a workload made is left out
        return m.workload("ReplicaSet", template=TEMPLATE, labels=AMBIENT)
    if kind.kind in TEMPLATED:
        return a_workload(kind.kind)
    labels = {"istio.io/use-waypoint": "wp", "app": "web"}
    found = made(kind.kind, kind.resource.api_version, "web", labels=labels, spec={"labels": AMBIENT})
    return _as_the_api_has_it(kind, found)


def _as_the_api_has_it(kind: Kind[Any], found: m.Manifest) -> m.Manifest:
    if kind.resource.namespaced:
        return found
    metadata = {key: value for key, value in found["metadata"].items() if key != "namespace"}
    return {**found, "metadata": metadata}


def another(kind: Kind[Any], found: m.Manifest) -> m.Manifest:
    """One of the same kind, with another name and without labels."""
    return {**found, "metadata": {**found["metadata"], "name": "another", "labels": {}}}


def of_a_cluster(kind: Kind[Any], *objects: m.Manifest, namespace: str = "", name: str = "") -> dict[str, Any]:
    snapshot = Snapshot()
    ask(cast(Client, FakeClient(*objects)), snapshot, [Ask(kind=kind, namespace=namespace, name=name)])
    found: Found[Any] = getattr(snapshot, kind.part)
    assert found.unread == {}
    return found.facts


def stdin(*objects: m.Manifest) -> io.BytesIO:
    return io.BytesIO(m.listed(*objects).encode())


@pytest.mark.parametrize("kind", KINDS, ids=name_of)
def test_files_and_a_cluster_give_one_fact(kind: Kind[Any]) -> None:
    found = sample(kind)
    other = another(kind, found)
    snapshot, problems = read_files(["-"], kinds=KINDS, stdin=stdin(found, other))
    assert problems == []
    files: Found[Any] = getattr(snapshot, kind.part)
    assert files.facts == of_a_cluster(kind, found, other)
    assert len(files.facts) == (2 if takes_all(kind) else 1), "the other one is not its business"

    metadata = found["metadata"]
    (key,) = of_a_cluster(kind, found)
    assert key == kind.path(metadata.get("namespace", ""), metadata["name"])
    if "get" in kind.rights:
        one = of_a_cluster(kind, found, other, namespace=metadata.get("namespace", ""), name=metadata["name"])
        assert one == {key: files.facts[key]}


@pytest.mark.parametrize("kind", OF_LABELS, ids=name_of)
def test_files_and_a_cluster_have_the_same_labels(kind: Kind[Any]) -> None:
    found = a_labelled(kind)
    other = {**another(kind, found), "spec": {}}
    snapshot, problems = read_label_files((), "", ["-"], stdin=stdin(found, other))
    assert problems == []
    files: Found[Any] = getattr(snapshot, kind.part)
    assert files.facts == of_a_cluster(kind, found, other)
    assert set(files.facts) == {kind.path(found["metadata"].get("namespace", ""), n) for n in ("web", "another")}
    assert any(fact.labels for fact in files)
