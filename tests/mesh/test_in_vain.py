"""Namespaces that ask for ambient and get none, and those that nearly do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import structs

from kubectl_ambient.cluster.facts import Namespace, Node, Pod
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.in_vain import in_vain, may_be_in_vain, summed
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.subjects import namespace_subject
from kubectl_ambient.mesh.summary import fails
from tests.mesh.builders import AMBIENT, NONE, SIDECAR, cluster, config_data, pod, redirected

NO_CNI: dict[str, Any] = {"cni_daemonsets": [], "cni_pods": [], "cni_config": [], "ztunnel_pods": []}
OFF: dict[str, Any] = {"data": {**config_data("1.30.3"), "AMBIENT_ENABLED": "false"}}
WINDOWS: dict[str, Any] = {"nodes": {"n1": Node(name="n1", labels={"kubernetes.io/os": "windows"})}}


def found(snapshot: Snapshot) -> list[str]:
    judge = Judge(snapshot)
    verdicts = [judge.judge(one) for one in snapshot.pods]
    return [one.finding.message for one in in_vain(judge, may_be_in_vain(verdicts))]


@pytest.mark.parametrize(
    ("parts", "cause"),
    [
        (NO_CNI, "there is no istio-cni in this cluster, so no label has any effect"),
        (OFF, "istio-cni runs with ambient switched off, so no label has any effect"),
        (WINDOWS, "node n1 runs windows, on which no agent runs"),
    ],
)
def test_it_asks_in_vain(parts: dict[str, Any], cause: str) -> None:
    pods = [pod(), pod(name="web-2"), pod(name="job-1", phase="Succeeded"), pod(NONE, name="out-1")]
    snapshot = cluster(pods=pods, namespace_labels=AMBIENT, **parts)
    assert found(snapshot) == [f"namespace app asks for ambient, and none of its pods is in: {cause}"]
    judge = Judge(snapshot)
    judgements = [judge.explain(one) for one in pods]
    subject = namespace_subject(judge, "app", judgements)
    assert [(f.code, f.severity) for f in subject.findings] == [("NamespaceWithoutAmbient", "error")]
    verdicts = [j.verdict for j in judgements]
    assert not fails(verdicts, ["any"])
    assert fails(verdicts, ["any"], subject.findings)
    assert fails(verdicts, ["error"], subject.findings)


def test_of_several_causes_it_is_the_same_one_in_whatever_order_the_pods_came() -> None:
    nodes = {f"n{n}": Node(name=f"n{n}", labels={"type": "virtual-kubelet"}) for n in (1, 2)}
    pods = [pod(name=f"web-{n}", node=f"n{n}") for n in (1, 2)]
    for some in (pods, pods[::-1]):
        (told,) = found(cluster(pods=some, namespace_labels=AMBIENT, nodes=nodes))
        assert told.endswith(": node n1 is a virtual one, on which no DaemonSet runs")


def test_an_excluded_namespace_asks_in_vain() -> None:
    data = {**config_data("1.30.3"), "EXCLUDE_NAMESPACES": "app"}
    told = found(cluster(pods=[pod()], namespace_labels=AMBIENT, data=data))
    assert [text.partition(": ")[2] for text in told] == ["istio-cni excludes namespace app"]


GATEWAY = pod({"gateway.istio.io/managed": "istio.io-gateway-controller"})


@pytest.mark.parametrize("parts", [NO_CNI, OFF, WINDOWS])
@pytest.mark.parametrize(
    ("labels", "pods"),
    [
        (AMBIENT, []),
        (AMBIENT, [pod(phase="Succeeded"), pod(name="web-2", phase="Failed")]),
        (AMBIENT, [pod(host_network=True)]),
        (AMBIENT, [pod(NONE)]),
        (AMBIENT, [pod(annotations=SIDECAR)]),
        (AMBIENT, [GATEWAY]),
        (AMBIENT, [pod(), pod(name="web-2", annotations=redirected("enabled"))]),  # drift, which that pod tells
        (NONE, [pod()]),
        ({}, [pod()]),
        ({}, [pod(AMBIENT)]),  # the pod asks, the namespace does not
    ],
)
def test_nearly(parts: dict[str, Any], labels: dict[str, str], pods: list[Pod]) -> None:
    assert found(cluster(pods=pods, namespace_labels=labels, **parts)) == []


def test_one_that_gets_some_is_silent() -> None:
    nodes = {"n1": Node(name="n1"), "n2": Node(name="n2", labels={"kubernetes.io/os": "windows"})}
    pods = [pod(annotations=redirected("enabled")), pod(name="web-2", node="n2")]
    assert found(cluster(pods=pods, namespace_labels=AMBIENT, nodes=nodes)) == []


def test_on_a_screen_namespaces_with_one_cause_are_one_sentence() -> None:
    homes = {name: Namespace(name=name, labels=AMBIENT) for name in ("a", "b", "c", "d", "e")}
    pods = [structs.replace(pod(), namespace=name) for name in homes]
    judge = Judge(cluster(pods=pods, namespaces=homes, **NO_CNI))
    told = in_vain(judge, homes)
    assert [one.namespace for one in told] == [*homes]
    assert [finding.message for finding in summed(told)] == [
        "namespaces a, b, c and 2 more ask for ambient, and none of their pods is in: there is no istio-cni in this "
        "cluster, so no label has any effect"
    ]


def test_a_namespace_that_ends_asks_for_nothing() -> None:
    ends = {"app": Namespace(name="app", labels=AMBIENT, deleting=datetime(2026, 1, 1, tzinfo=UTC))}
    assert found(cluster(pods=[pod()], namespaces=ends, **NO_CNI)) == []
