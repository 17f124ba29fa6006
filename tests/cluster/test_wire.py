from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_ambient.cluster import facts, wire, wire_istio
from kubectl_ambient.cluster.facts import EnvVar, LabelSelector, Owner, Requirement
from tests.cluster import manifests_of as m

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def pod(**fields: Any) -> facts.Pod:
    return msgspec.json.decode(json.dumps(m.pod(**fields)), type=wire.Pod).fact()


def workload(kind: str, **fields: Any) -> facts.Workload:
    found = m.workload(kind, **fields)
    if kind == "ReplicationController":
        return msgspec.convert(found, wire.ReplicationController).fact()
    return msgspec.convert(found, wire.Workload).fact(kind)


@settings(deadline=None)
@given(m.pods())
def test_any_pod_can_be_read(manifest: m.Manifest) -> None:
    fact = msgspec.json.decode(json.dumps(manifest), type=wire.Pod).fact()
    assert fact == msgspec.convert(manifest, wire.Pod).fact()
    assert fact.ref == f"Pod/{manifest['metadata']['namespace']}/{manifest['metadata']['name']}"
    assert (fact.agent is not None) <= wire.is_agent(fact.labels)


def test_a_bare_pod() -> None:
    bare: dict[str, Any] = {"metadata": {"name": "x", "creationTimestamp": None, "labels": None, "annotations": None}}
    assert msgspec.convert(bare, wire.Pod).fact() == facts.Pod(namespace="", name="x")


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
        return msgspec.convert(manifest, wire.Pod).fact().owner

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
    assert msgspec.convert(manifest, wire.Pod).fact().owner == Owner(kind=expected, name="x")


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
    assert msgspec.convert(manifest, wire.Namespace).fact() == facts.Namespace(
        name="shop",
        labels={"istio.io/dataplane-mode": "ambient"},
        mode_annotation="ambient",
    )


@pytest.mark.parametrize(
    ("kind", "spec", "status", "desired"),
    [
        ("Deployment", {}, {}, 1),
        ("Deployment", {"replicas": 0}, {}, 0),
        ("StatefulSet", {"replicas": 3}, {}, 3),
        ("ReplicaSet", {"replicas": 2}, {}, 2),
        ("ReplicationController", {"replicas": 2}, {}, 2),
        ("DaemonSet", {}, {"desiredNumberScheduled": 4}, 4),
        ("DaemonSet", {}, {"desiredNumberScheduled": 0}, None),
        ("DaemonSet", {}, {"desiredNumberScheduled": 0, "observedGeneration": 1}, 0),
        ("DaemonSet", {}, {}, None),
        ("Job", {}, {}, 1),
        ("Job", {"parallelism": 5}, {}, 5),
        ("Job", {"parallelism": 5, "completions": 3}, {}, 3),
        ("Job", {"suspend": True}, {}, 0),
        ("Job", {}, {"conditions": [{"type": "Complete", "status": "True"}]}, 0),
        ("Job", {}, {"conditions": [{"type": "Failed", "status": "True"}]}, 0),
        ("Job", {}, {"conditions": [{"type": "Suspended", "status": "False"}]}, 1),
        ("CronJob", {}, {}, None),
    ],
)
def test_how_many_pods_a_workload_wants(kind: str, spec: m.Manifest, status: m.Manifest, desired: int | None) -> None:
    assert workload(kind, spec=spec, status=status).desired == desired


@pytest.mark.parametrize(
    "kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "ReplicationController"]
)
def test_the_template_of_every_workload(kind: str) -> None:
    template = {
        "metadata": {"labels": {"app": "web", "istio.io/dataplane-mode": "none"}, "annotations": {"x": "y"}},
        "spec": {"hostNetwork": True},
    }
    found = workload(kind, template=template, owner="Thing/above", labels={"own": "label"})
    assert found.ref == f"{kind}/shop/web"
    assert found.template.labels == {"app": "web", "istio.io/dataplane-mode": "none"}
    assert found.template.host_network
    assert found.owner == Owner(kind="Thing", name="above")
    assert found.labels == {"own": "label"}
    expected = None if kind == "CronJob" else LabelSelector(match_labels={"app": "web"})
    assert found.selector == expected


@pytest.mark.parametrize(
    ("kind", "spec", "strategy"),
    [
        ("Deployment", {"strategy": {"type": "Recreate"}}, "Recreate"),
        ("StatefulSet", {"updateStrategy": {"type": "OnDelete"}}, "OnDelete"),
        ("DaemonSet", {}, "RollingUpdate"),
        ("Job", {}, ""),
    ],
)
def test_update_strategy(kind: str, spec: m.Manifest, strategy: str) -> None:
    assert workload(kind, spec=spec).update_strategy == strategy


@pytest.mark.parametrize(
    ("kind", "spec", "expected"),
    [
        ("StatefulSet", {"updateStrategy": {"rollingUpdate": {"partition": 2}}, "ordinals": {"start": 1}}, (2, 1)),
        ("StatefulSet", {"updateStrategy": {"rollingUpdate": None}, "ordinals": {}}, (0, 0)),
        ("StatefulSet", {}, (0, 0)),
        ("Deployment", {"strategy": {"rollingUpdate": {"maxSurge": "25%"}}}, (0, 0)),
        ("DaemonSet", {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 1}}}, (0, 0)),
    ],
)
def test_partition(kind: str, spec: m.Manifest, expected: tuple[int, int]) -> None:
    found = workload(kind, spec=spec)
    assert (found.partition, found.first_ordinal) == expected


def test_paused() -> None:
    assert workload("Deployment", spec={"paused": True}).paused
    assert workload("CronJob", spec={"suspend": True}).paused
    assert not workload("Deployment").paused


def test_a_workload_with_nothing_in_it() -> None:
    bare: m.Manifest = {"metadata": {"name": "x"}, "spec": None, "status": None}
    assert msgspec.convert(bare, wire.Workload).fact("Deployment").template == facts.Template()


def test_istio_s_own_workloads() -> None:
    containers = [{"name": "discovery", "image": "pilot:1.30.3", "env": [{"name": "A", "value": "b"}]}]
    template = {"metadata": {}, "spec": {"containers": containers, "nodeSelector": {"kubernetes.io/os": "linux"}}}
    found = msgspec.convert(
        m.workload("Deployment", "istiod", "istio-system", labels={"istio.io/rev": "canary"}, template=template),
        wire.Workload,
    )
    container = facts.AgentContainer(image="pilot:1.30.3", env=(EnvVar(name="A", value="b"),))
    assert found.istiod() == facts.Istiod(
        namespace="istio-system",
        name="istiod",
        revision="canary",
        labels={"istio.io/rev": "canary"},
        container=container,
    )
    assert found.daemonset().node_selector == {"kubernetes.io/os": "linux"}
    assert msgspec.convert(m.workload("Deployment", "istiod"), wire.Workload).istiod().revision == "default"


def test_when_a_configmap_changed() -> None:
    def changed(*fields: m.Manifest) -> datetime | None:
        manifest = m.configmap("istio-cni-config", metadata={"managedFields": [*fields]})
        return msgspec.convert(manifest, wire_istio.ConfigMap).fact().changed

    older = {"time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:data": {"f:A": {}}}}
    newer_labels = {"time": "2026-05-01T00:00:00Z", "fieldsV1": {"f:metadata": {"f:labels": {}}}}
    newer = {"time": "2026-02-01T00:00:00Z", "fieldsV1": {"f:data": {}}}
    assert changed(older, newer_labels) == NEW_YEAR
    assert changed(older, newer) == datetime(2026, 2, 1, tzinfo=UTC)
    assert changed(newer_labels) is None
    assert changed() is None
    assert changed({"fieldsV1": {"f:data": {}}}) is None


INJECTOR = """# defaultTemplates defines the default template to use
defaultTemplates: [sidecar]
policy: disabled   # of the mesh
alwaysInjectSelector:
- matchLabels: {a: b}

  # in between
neverInjectSelector:
  - matchExpressions:
    - {key: job, operator: Exists}
injectedAnnotations:
templates:
  sidecar: |
    policy: enabled
    alwaysInjectSelector: []
"""


def test_an_injector_without_its_templates() -> None:
    manifest = m.configmap("istio-sidecar-injector", data={"config": INJECTOR, "values": "{}"})
    fact = msgspec.convert(manifest, wire_istio.ConfigMap).fact()
    start, end = INJECTOR.index("policy"), INJECTOR.index("injectedAnnotations")
    assert fact.data == {"config": INJECTOR[start:end]}
    other = msgspec.convert(m.configmap("istio-cni-config", data={"config": INJECTOR}), wire_istio.ConfigMap).fact()
    assert other.data == {"config": INJECTOR}


@pytest.mark.parametrize("text", ["", '{"policy": "enabled"}', "policy: enabled", "policy: enabled\n", "x: y\n"])
def test_short_injector_settings(text: str) -> None:
    assert wire_istio.injector_settings(text) == ("" if text == "x: y\n" else text)


@settings(deadline=None)
@given(st.lists(st.sampled_from(INJECTOR.splitlines(keepends=True))))
def test_shortening_is_idempotent(lines: list[str]) -> None:
    once = wire_istio.injector_settings("".join(lines))
    assert wire_istio.injector_settings(once) == once


def hooks(**fields: Any) -> list[facts.Webhook]:
    return msgspec.convert(m.webhooks(**fields), wire_istio.MutatingWebhookConfiguration).injectors()


def rule(**changed: list[str]) -> m.Manifest:
    whole = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
    return {"rules": [{**whole, **changed}]}


def test_a_webhook_and_its_selectors() -> None:
    (hook,) = hooks(
        name="istio-revision-tag-prod",
        revision="canary",
        labels={"istio.io/tag": "prod"},
        webhook={
            "namespaceSelector": {"matchExpressions": [{"key": "istio.io/rev", "operator": "In", "values": ["prod"]}]},
            "objectSelector": None,
            "matchConditions": [{"name": "x", "expression": "true"}],
        },
    )
    assert hook == facts.Webhook(
        configuration="istio-revision-tag-prod",
        name="namespace.sidecar-injector.istio.io",
        revision="canary",
        tag="prod",
        namespace_selector=LabelSelector(
            match_expressions=(Requirement(key="istio.io/rev", operator="In", values=("prod",)),)
        ),
        object_selector=LabelSelector(),
        conditional=True,
    )


@pytest.mark.parametrize(
    ("webhook", "calls"),
    [
        (rule(), True),
        (rule(operations=["*"], apiGroups=["*"], apiVersions=["*"], resources=["*"]), True),
        (rule(resources=["*/*"]), True),
        (rule(resources=["pods/*"]), True),
        (rule(resources=["pods/ephemeralcontainers"]), False),
        (rule(operations=["UPDATE"]), False),
        (rule(apiGroups=["apps"]), False),
        (rule(apiVersions=["v2"]), False),
        ({"rules": None}, False),
        ({"rules": [*rule(operations=["UPDATE"])["rules"], *rule()["rules"]]}, True),
    ],
)
def test_only_webhooks_that_are_called_for_new_pods(webhook: m.Manifest, calls: bool) -> None:
    assert bool(hooks(webhook=webhook)) is calls


def test_only_istio_s_webhooks() -> None:
    assert hooks(labels={"app": "other"}), "by the name of the webhook"
    assert not hooks(labels={"app": "other"}, webhook={"name": "mutate.kyverno.svc"})
    assert not hooks(labels={"app": "other"}, webhook={"name": "validation.istio.io"})
    assert hooks(webhook={"name": "custom.example.com"}), "by the label of the configuration"


def test_events_about_pods_only() -> None:
    def fact(**changed: Any) -> facts.Event | None:
        return msgspec.convert({**m.event("web-1"), **changed}, wire.Event).fact()

    assert fact() == facts.Event(
        namespace="shop", pod="web-1", reason="FailedCreatePodSandBox", message="no agent", last_seen=NEW_YEAR
    )
    assert fact(involvedObject={"kind": "Node", "name": "n1"}) is None
    repeated = fact(lastTimestamp=None, eventTime="2026-01-02T00:00:00.123456Z", series={"lastObservedTime": None})
    assert repeated is not None
    assert repeated.last_seen == datetime(2026, 1, 2, 0, 0, 0, 123456, tzinfo=UTC)


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
        msgspec.json.decode(json.dumps(wrong), type=wire.Pod)
