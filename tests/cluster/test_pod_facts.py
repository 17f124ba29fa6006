"""Facts of pods and Namespaces, from objects as odd as they come."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from kubectl_ambient.cluster import facts
from kubectl_ambient.cluster.facts import EnvVar, Owner, Proxy
from kubectl_ambient.cluster.kinds.namespaces import Namespace
from kubectl_ambient.cluster.kinds.pods import Pod, is_agent
from tests.cluster import manifests_of as m

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def pod(**fields: Any) -> facts.Pod:
    return msgspec.json.decode(json.dumps(m.pod(**fields)), type=Pod).fact()


@settings(deadline=None)
@given(m.pods())
def test_any_pod_can_be_read(manifest: m.Manifest) -> None:
    fact = msgspec.json.decode(json.dumps(manifest), type=Pod).fact()
    assert fact == msgspec.convert(manifest, Pod).fact()
    assert fact.ref == f"Pod/{manifest['metadata']['namespace']}/{manifest['metadata']['name']}"
    assert (fact.agent is not None) <= is_agent(fact.labels)


def test_a_bare_pod() -> None:
    bare: dict[str, Any] = {"metadata": {"name": "x", "creationTimestamp": None, "labels": None, "annotations": None}}
    assert msgspec.convert(bare, Pod).fact() == facts.Pod(namespace="", name="x")


def test_a_null_label_is_the_empty_text() -> None:
    assert pod(labels={"a": None, "b": "c"}).labels == {"a": "", "b": "c"}


@pytest.mark.parametrize(
    ("spec", "windows"),
    [
        ({"os": {"name": "windows"}}, True),
        ({"os": {"name": "linux"}}, False),
        ({"nodeSelector": {"kubernetes.io/os": "windows"}}, True),
        ({"nodeSelector": {"kubernetes.io/os": "linux", "os": "windows"}}, False),
        ({}, False),
    ],
)
def test_windows(spec: m.Manifest, windows: bool) -> None:
    assert pod(spec=spec).windows is windows


@pytest.mark.parametrize(
    ("containers", "native"),
    [
        ([{"name": "istio-proxy", "restartPolicy": "Always"}], True),
        ([{"name": "setup"}, {"name": "istio-proxy", "restartPolicy": "Always"}], True),
        ([{"name": "istio-proxy"}], False),
        ([{"name": "other", "restartPolicy": "Always"}], False),
        (None, False),
    ],
)
def test_native_sidecar(containers: Any, native: bool) -> None:
    assert pod(spec={"initContainers": containers}).native_sidecar is native


def statuses(*states: m.Manifest) -> m.Manifest:
    return {"phase": "Pending", "containerStatuses": [{"name": "a", "state": state} for state in states]}


WAITS = {"waiting": {"reason": "ContainerCreating"}}


@pytest.mark.parametrize(
    ("status", "creating"),
    [
        (statuses(WAITS), True),
        (statuses(WAITS, {"waiting": {"reason": "PodInitializing"}}), True),
        (statuses({"waiting": {}}), True),
        ({"phase": "Pending"}, True),
        ({"phase": "Pending", "containerStatuses": None}, True),
        ({**statuses(WAITS), "initContainerStatuses": [{"state": {"running": {}}}]}, False),
        ({**statuses(WAITS), "initContainerStatuses": [{"state": {"terminated": {"exitCode": 0}}}]}, False),
        (statuses(WAITS, {"running": {}}), False),
        (statuses({"waiting": {"reason": "ImagePullBackOff"}}), False),
        ({"phase": "Pending", "containerStatuses": [{"state": WAITS, "lastState": {"terminated": {}}}]}, False),
        ({**statuses(WAITS), "phase": "Running"}, False),
    ],
)
def test_creating(status: m.Manifest, creating: bool) -> None:
    assert pod(status=status).creating is creating
    assert pod(status=status, spec={"nodeName": ""}).creating is False, "nobody creates it yet"


def test_ready_and_its_time() -> None:
    def ready(status: str) -> list[m.Manifest]:
        return [
            {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2025-01-01T00:00:00Z"},
            {"type": "Ready", "status": status, "lastTransitionTime": "2026-01-01T00:00:00Z"},
        ]

    found = pod(status={"conditions": ready("True")})
    assert (found.ready, found.ready_since) == (True, NEW_YEAR)
    found = pod(status={"conditions": ready("False")})
    assert (found.ready, found.ready_since) == (False, NEW_YEAR)
    assert (pod().ready, pod().ready_since) == (False, None)


@pytest.mark.parametrize(
    ("status", "has_ip"),
    [
        ({"podIP": "10.0.0.1"}, True),
        ({"podIP": "", "podIPs": [{"ip": "10.0.0.1"}]}, True),
        ({"podIP": None, "podIPs": []}, False),
        ({"podIP": ""}, False),
    ],
)
def test_has_ip(status: m.Manifest, has_ip: bool) -> None:
    assert pod(status=status).has_ip is has_ip


def test_the_owner_is_the_controller_else_the_first() -> None:
    def owned(*controller: bool | None) -> facts.Owner | None:
        manifest = m.pod()
        manifest["metadata"]["ownerReferences"] = [
            {"kind": "Job", "name": f"j{n}", "controller": c} for n, c in enumerate(controller)
        ]
        return msgspec.convert(manifest, Pod).fact().owner

    assert owned(False, True) == Owner(kind="Job", name="j1")
    assert owned(None, False) == Owner(kind="Job", name="j0")
    assert owned() is None


@pytest.mark.parametrize(
    ("version", "kind", "expected"),
    [
        ("apps/v1", "StatefulSet", "StatefulSet"),
        ("apps.kruise.io/v1beta1", "StatefulSet", "StatefulSet.apps.kruise.io"),
        ("batch.volcano.sh/v1alpha1", "Job", "Job.batch.volcano.sh"),
        ("batch/v1", "Job", "Job"),
        ("extensions/v1beta1", "ReplicaSet", "ReplicaSet"),
        ("v1", "ReplicationController", "ReplicationController"),
        ("v1", "Node", "Node"),
        ("example.com/v1", "Node", "Node.example.com"),
        ("example.com/v1", "Widget", "Widget"),
        (None, "StatefulSet", "StatefulSet"),
    ],
)
def test_an_owner_of_another_group_is_no_built_in_kind(version: str | None, kind: str, expected: str) -> None:
    manifest = m.pod()
    manifest["metadata"]["ownerReferences"] = [{"apiVersion": version, "kind": kind, "name": "x"}]
    assert msgspec.convert(manifest, Pod).fact().owner == Owner(kind=expected, name="x")


def test_annotations_that_decide() -> None:
    found = pod(
        annotations={
            "ambient.istio.io/redirection": "enabled",
            "sidecar.istio.io/status": "",
            "sidecar.istio.io/inject": "false",
            "inject.istio.io/templates": "grpc-agent",
            "ambient.istio.io/bypass-inbound-capture": "true",
            "istio.io/dataplane-mode": "ambient",
            "kubernetes.io/config.mirror": "x",
            "other": "y",
        }
    )
    assert found.annotations == facts.Annotations(
        redirection="enabled",
        sidecar_status="",
        inject="false",
        inject_templates="grpc-agent",
        bypass_inbound_capture="true",
        dataplane_mode="ambient",
    )
    assert type(found.annotations) is facts.Annotations
    assert found.mirror
    assert not pod(annotations={"other": "y"}).mirror


@pytest.mark.parametrize("labels", [{"k8s-app": "istio-cni-node"}, {"app": "ztunnel"}])
def test_the_container_of_an_agent(labels: dict[str, str]) -> None:
    env = [
        {"name": "A", "value": "1"},
        {"name": "B"},
        {"name": "C", "value": ""},
        {"name": "D", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "k"}}},
        {"name": "E", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    ]
    spec = {"containers": [{"name": "x", "image": "install-cni:1.30.3", "env": env}, {"name": "y", "image": "z"}]}
    agent = pod(labels=labels, spec=spec).agent
    assert agent == facts.AgentContainer(
        image="install-cni:1.30.3",
        env=(
            EnvVar(name="A", value="1"),
            EnvVar(name="B", value=""),
            EnvVar(name="C", value=""),
            EnvVar(name="D", config_map_key="k"),
            EnvVar(name="E"),
        ),
    )
    assert pod(labels={"app": "web"}, spec=spec).agent is None, "others' images are not kept"


def test_a_namespace_has_the_labels_that_are_written() -> None:
    manifest = m.namespace("shop", {"istio.io/dataplane-mode": "ambient"})
    manifest["metadata"]["annotations"] = {"istio.io/dataplane-mode": "ambient"}
    assert msgspec.convert(manifest, Namespace).fact() == facts.Namespace(
        name="shop",
        labels={"istio.io/dataplane-mode": "ambient"},
        mode_annotation="ambient",
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"metadata": {"name": 5}},
        {"metadata": {"name": "x", "labels": {"a": True}}},
        {"metadata": {"name": "x", "annotations": {"sidecar.istio.io/status": {}}}},
        {"metadata": {"name": "x"}, "spec": {"hostNetwork": "true"}},
        {"metadata": {"name": "x"}, "spec": {"nodeName": 1}},
        {"metadata": {"name": "x"}, "status": {"conditions": {}}},
        {"metadata": {"name": "x", "creationTimestamp": "2026"}},
        {},
    ],
)
def test_wrong_types_are_refused(wrong: m.Manifest) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(json.dumps(wrong), type=Pod)


@pytest.mark.parametrize(
    ("containers", "proxy"),
    [
        (
            [{"name": "istio-proxy", "args": ["proxy", "router", "--domain", "a"]}],
            Proxy(container="istio-proxy", role="router"),
        ),
        (
            [{"name": "gw", "command": ["pilot-agent"], "args": ["proxy", "waypoint"]}],
            Proxy(container="gw", role="waypoint"),
        ),
        (
            [{"name": "gw", "command": ["/usr/local/bin/pilot-agent", "proxy", "router"]}],
            Proxy(container="gw", role="router"),
        ),
        (
            [{"name": "app"}, {"name": "istio-proxy", "args": ["proxy", "router"]}],
            Proxy(container="istio-proxy", role="router"),
        ),
        ([{"name": "istio-proxy", "args": ["proxy", "sidecar"]}], None),
        ([{"name": "istio-proxy", "args": ["proxy", "ztunnel"]}], None),
        ([{"name": "app", "args": ["--mode", "proxy", "router"]}], None),
        ([{"name": "app", "args": ["proxy"]}], None),
        ([{"name": "app", "args": None, "command": None}], None),
    ],
)
def test_a_gateway_by_its_command_line(containers: list[m.Manifest], proxy: Proxy | None) -> None:
    assert pod(spec={"containers": containers}).proxy == proxy
