"""One fact, whichever encoding it came from: of every kind that has both, on the real API server."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from operator import attrgetter, methodcaller
from typing import Any

import msgspec
import pytest

from kubectl_ambient.cluster.kinds import network as network_wire
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.kinds.labels import LABELS as LABELLED
from kubectl_ambient.cluster.kinds.pods import Pod
from kubectl_ambient.cluster.kinds.table import KINDS
from kubectl_ambient.cluster.network_facts import NetworkPolicy, NetworkPolicyRule
from kubectl_ambient.cluster.reading.taking import keys_and_facts
from kubectl_ambient.kube.accept import METADATA
from kubectl_ambient.kube.api import Client, connect
from kubectl_ambient.kube.errors import ApiError
from kubectl_ambient.kube.options import ConnectionOptions
from kubectl_ambient.kube.protobuf.fields import is_known
from kubectl_ambient.kube.resources import find_resource
from tests.rig.apiserver import ApiServer

HOME = "encodings"
MOMENT = "2026-01-02T03:04:05Z"
LABELS = {"app": "web", "istio.io/dataplane-mode": "ambient", "istio.io/use-waypoint": "", "team": "ü"[:0] + "u"}
ANNOTATIONS = {"ambient.istio.io/redirection": "enabled", "sidecar.istio.io/status": "", "note": "ü\n‮ “x”"}
POD_SPEC = {
    "hostNetwork": True,
    "nodeSelector": {"kubernetes.io/os": "windows"},
    "os": {"name": "windows"},
    "initContainers": [{"name": "istio-proxy", "image": "proxy", "restartPolicy": "Always"}],
    "containers": [
        {
            "name": "app",
            "image": "docker.io/istio/install-cni:1.30.3",
            "env": [
                {"name": "EMPTY", "value": ""},
                {"name": "TEXT", "value": "ü"},
                {"name": "FROM", "valueFrom": {"configMapKeyRef": {"name": "istio-cni-config", "key": "KEY"}}},
                {"name": "FIELD", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
            ],
        }
    ],
}
SELECTOR = {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}
TEMPLATE = {"metadata": {"labels": {**LABELS}, "annotations": ANNOTATIONS}, "spec": POD_SPEC}
OWNER = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "u", "controller": True}
OTHER_OWNER = {"apiVersion": "example.com/v1", "kind": "Job", "name": "other", "uid": "v"}


def made(kind: str, name: str = "", **fields: Any) -> dict[str, Any]:
    version = find_resource(kind).api_version
    metadata = {"name": name or kind.lower(), "namespace": HOME, "labels": LABELS, "annotations": ANNOTATIONS}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **fields}


def looping(spec: dict[str, Any], policy: str) -> dict[str, Any]:
    return {**spec, "spec": {**spec["spec"], "restartPolicy": policy}}


PEERS = [
    {"podSelector": {}},
    {"namespaceSelector": {}},
    {"podSelector": SELECTOR, "namespaceSelector": {"matchLabels": {"team": "u"}}},
    {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16", "10.2.0.0/16"]}},
]
PORTS = [{"port": 80, "endPort": 90}, {"port": "http", "protocol": "UDP"}, {"protocol": "SCTP"}]
POLICIES = {
    "full": {
        "podSelector": SELECTOR,
        "policyTypes": ["Egress", "Ingress"],
        "ingress": [{"from": PEERS, "ports": PORTS}, {}],
        "egress": [{"to": PEERS, "ports": PORTS}, {}],
    },
    "left-out": {"podSelector": {}, "egress": [{}]},
    "empty": {"podSelector": {}, "policyTypes": [], "ingress": [], "egress": [{"to": [], "ports": []}]},
    "null": {"podSelector": {}, "policyTypes": None, "ingress": None, "egress": [{"to": None, "ports": None}]},
}
ENDPOINTS = [
    {"addresses": ["10.0.0.1"]},
    {"addresses": ["10.0.0.2"], "conditions": {"ready": False, "serving": True, "terminating": False}},
    {
        "addresses": ["10.0.0.3"],
        "conditions": {"ready": True},
        "targetRef": {"kind": "Pod", "namespace": HOME, "name": "pod"},
        "nodeName": "node-1",
        "zone": "a",
    },
]
SLICES: dict[str, dict[str, Any]] = {
    "full": {
        "endpoints": ENDPOINTS,
        "ports": [{"name": "http", "port": 80, "appProtocol": "http"}, {"name": "all"}, {}],
    },
    "bare": {"endpoints": [], "ports": None},
}

# Two of each, one of them with nothing but what it must have.
BARE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app", "image": "app"}]}}
OBJECTS = [
    made("Pod", spec={**POD_SPEC, "nodeName": "node-1"}),
    made("Service", spec={"type": "ExternalName", "externalName": "example.com"}),
    made("Deployment", spec={"replicas": 0, "paused": True, "selector": SELECTOR, "template": TEMPLATE}),
    made(
        "StatefulSet",
        spec={
            "serviceName": "x",
            "ordinals": {"start": 3},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}},
            "selector": SELECTOR,
            "template": TEMPLATE,
        },
    ),
    made("DaemonSet", spec={"updateStrategy": {"type": "OnDelete"}, "selector": SELECTOR, "template": TEMPLATE}),
    made("ReplicaSet", spec={"replicas": 2, "selector": SELECTOR, "template": TEMPLATE}),
    made("ReplicationController", spec={"replicas": 1, "selector": {"app": "web"}, "template": TEMPLATE}),
    made("Job", spec={"parallelism": 2, "completions": 1, "suspend": True, "template": looping(TEMPLATE, "Never")}),
    made(
        "CronJob",
        spec={"schedule": "0 0 * * *", "suspend": True, "jobTemplate": {"spec": {"template": looping(BARE, "Never")}}},
    ),
    made(
        "Event",
        involvedObject={"kind": "Pod", "namespace": HOME, "name": "pod"},
        reason="FailedCreatePodSandBox",
        message="ü\nsecond line",
        eventTime="2026-01-02T03:04:05.678901Z",
        lastTimestamp=MOMENT,
        series={"count": 2, "lastObservedTime": "2026-01-02T03:04:05.000001Z"},
        reportingComponent="kubelet",
        reportingInstance="n",
        action="x",
    ),
    *(made("NetworkPolicy", name, spec=spec) for name, spec in POLICIES.items()),
    *(made("EndpointSlice", name, addressType="IPv4", **fields) for name, fields in SLICES.items()),
]
STATUS = {
    "phase": "Pending",
    "reason": "Evicted",
    "podIP": "10.0.0.1",
    "podIPs": [{"ip": "10.0.0.1"}],
    "startTime": MOMENT,
    "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": MOMENT}],
    "containerStatuses": [
        {
            "name": "app",
            "image": "app",
            "imageID": "",
            "ready": False,
            "restartCount": 0,
            "state": {"waiting": {"reason": "ContainerCreating"}},
            "lastState": {"terminated": {"exitCode": 1}},
        }
    ],
}

BUILT_IN = ("", "apps", "batch", "networking.k8s.io", "discovery.k8s.io")
IN_PROTOBUF = [
    kind
    for kind in (*KINDS, *LABELLED.values())
    if is_known(METADATA if kind.partial else kind.kind)
    and kind.resource.namespaced
    and kind.resource.group in BUILT_IN
]


def name_of(kind: Kind[Any]) -> str:
    return f"{kind.kind} to {kind.part}"


def followed(kind: Kind[Any], found: Any) -> tuple[bool, list[tuple[str, Any]]]:
    """What reading makes of an object: whether it is one of those, and its facts by their keys."""
    metadata = found.metadata
    return kind.chooses(metadata.labels or {}, metadata.name or ""), keys_and_facts(kind, found)


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    """One of its own: what stands here would stand in the way of others."""
    found = ApiServer()
    try:
        found.start()
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="module")
def client(server: ApiServer) -> Client:
    api = server.api
    api.request(
        "POST", "/api/v1/namespaces", {"metadata": {"name": HOME, "labels": LABELS, "annotations": ANNOTATIONS}}
    )
    for found in OBJECTS:
        path = find_resource(found["kind"]).path(HOME)
        api.request("POST", path, found)
        few = {**found, "metadata": {"name": f"{found['metadata']['name']}-2", "namespace": HOME}}
        few["metadata"]["ownerReferences"] = [OTHER_OWNER, OWNER]
        api.request("POST", path, few)
    api.patch(f"/api/v1/namespaces/{HOME}/pods/pod/status", {"status": STATUS})
    return connect(ConnectionOptions(kubeconfig=str(server.kubeconfig)))


@pytest.mark.parametrize("kind", IN_PROTOBUF, ids=name_of)
@pytest.mark.parametrize("chunk_size", [0, 1], ids=["at once", "pages"])
def test_json_and_protobuf_give_the_same_facts(client: Client, kind: Kind[Any], chunk_size: int) -> None:
    fact = partial(followed, kind)
    how: dict[str, Any] = {"type": kind.wire, "metadata_only": kind.partial}
    in_json = [fact(o) for page in client.list(kind.resource, **how) for o in page]
    pages = client.facts(kind.resource, fact=fact, chunk_size=chunk_size, **how)
    in_protobuf = [found for page in pages for found in page]
    assert in_protobuf == in_json
    assert len(in_json) >= 2
    assert client.bad_objects == []


def test_the_server_stores_no_empty_list_of_a_network_policy(client: Client) -> None:
    found: dict[str, NetworkPolicy] = {}
    for page in client.facts(
        find_resource("netpol"), type=network_wire.NetworkPolicy, fact=methodcaller("fact"), chunk_size=0
    ):
        found |= {policy.name: policy for policy in page}
    assert found["left-out"].policy_types == ("Ingress", "Egress")
    assert found["left-out"].egress == (NetworkPolicyRule(),)
    for name in ("empty", "null"):
        assert msgspec.structs.replace(found[name], name="left-out") == found["left-out"]


def test_a_refusal_in_protobuf_says_what_one_in_json_says(server: ApiServer) -> None:
    stranger = connect(ConnectionOptions(kubeconfig=str(server.kubeconfig), as_user="nobody"))
    pods = find_resource("pods")
    with pytest.raises(ApiError) as in_json:
        list(stranger.list(pods, type=Pod))
    with pytest.raises(ApiError) as in_protobuf:
        list(stranger.facts(pods, type=Pod, fact=methodcaller("fact"), chunk_size=0))
    said = attrgetter("status", "reason", "message", "details")
    assert said(in_protobuf.value) == said(in_json.value)
    assert str(in_protobuf.value) == str(in_json.value)
