"""Facts of workloads, from objects as odd as they come."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from kubectl_ambient.cluster import facts, installation_facts
from kubectl_ambient.cluster.facts import EnvVar, LabelSelector, Owner
from kubectl_ambient.cluster.kinds.workloads import ReplicationController, Workload
from tests.cluster import manifests_of as m


def workload(kind: str, **fields: Any) -> facts.Workload:
    found = m.workload(kind, **fields)
    if kind == "ReplicationController":
        return msgspec.convert(found, ReplicationController).fact()
    return msgspec.convert(found, Workload).fact(kind)


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
    assert msgspec.convert(bare, Workload).fact("Deployment").template == facts.Template()


def test_istio_s_own_workloads() -> None:
    containers = [{"name": "discovery", "image": "pilot:1.30.3", "env": [{"name": "A", "value": "b"}]}]
    template = {"metadata": {}, "spec": {"containers": containers, "nodeSelector": {"kubernetes.io/os": "linux"}}}
    found = msgspec.convert(
        m.workload("Deployment", "istiod", "istio-system", labels={"istio.io/rev": "canary"}, template=template),
        Workload,
    )
    container = facts.AgentContainer(image="pilot:1.30.3", env=(EnvVar(name="A", value="b"),))
    assert found.istiod() == installation_facts.Istiod(
        namespace="istio-system",
        name="istiod",
        revision="canary",
        labels={"istio.io/rev": "canary"},
        container=container,
    )
    assert found.daemonset().node_selector == {"kubernetes.io/os": "linux"}
    assert msgspec.convert(m.workload("Deployment", "istiod"), Workload).istiod().revision == "default"
