"""A judgement on one pod is the judgement on all that are alike: a law, tried on random snapshots."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from kubectl_ambient.cluster.facts import Annotations, LabelSelector, Node, Owner, Pod, Template, Workload
from kubectl_ambient.cluster.installation_facts import Webhook
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.summary import needs_attention
from kubectl_ambient.mesh.verdict import Verdict
from tests.mesh.builders import AMBIENT, NONE, cluster, config_data, pod, redirected
from tests.mesh.test_properties import a_pod, a_snapshot, brief, some_parts, without
from tests.snapshots import altered

NOW = datetime(2026, 11, 28, tzinfo=UTC)
FIELDS = (
    "namespace",
    "labels",
    "owner",
    "annotations",
    "phase",
    "host_network",
    "windows_field",
    "native_sidecar",
    "node",
)
some_nodes = st.lists(st.sampled_from(("n1", "n2", "n3", "")), min_size=1, max_size=3)


def siblings(one: Pod, other: Pod, nodes: list[str]) -> list[Pod]:
    """The pod on each node, and with each field of another one: what an inexact key would take for the same."""
    varied = [structs.replace(one, **{field: getattr(other, field)}) for field in FIELDS]
    moved = [structs.replace(one, node=node) for node in nodes]
    return [structs.replace(found, name=f"{one.name}-{n}") for n, found in enumerate([*moved, *varied])]


@brief
@given(a_snapshot(), st.one_of(st.just(set()), some_parts), a_pod(), some_nodes)
def test_each_pod_is_judged_as_if_it_were_alone(
    snapshot: Snapshot, hidden: set[str], other: Pod, nodes: list[str]
) -> None:
    pods = [*snapshot.pods, *siblings(next(iter(snapshot.pods)), other, nodes)]
    snapshot = without(altered(snapshot, pods=pods), hidden)
    together = Judge(snapshot)
    for one in snapshot.pods:
        alone = Judge(snapshot).judge(one)
        assert together.judge(one) == alone
        assert _without_names(together.judge_kind(one)) == _without_names(alone)
    assert together.assumptions == _after_all(Judge(snapshot), snapshot).assumptions


def _without_names(verdict: Verdict) -> Verdict:
    """All of a verdict that needs attention, and of another what sums and rows of namespaces look at."""
    if needs_attention(verdict) or verdict.findings:
        return verdict
    return structs.replace(verdict, name="", node="", owner=None)


def _after_all(judge: Judge, snapshot: Snapshot) -> Judge:
    for one in snapshot.pods:
        judge.explain(one)
    return judge


def test_alike_pods_are_judged_once_and_keep_their_own_names() -> None:
    first = pod(AMBIENT, annotations=redirected("enabled"))
    second = structs.replace(first, name="web-2")
    snapshot = cluster("1.30.3", [first], dict(AMBIENT))
    judge = Judge(snapshot)
    one, other = judge.judge(first), judge.judge(second)
    assert (one.state, other.state) == ("Enrolled", "Enrolled")
    assert (other.name, other.message) == ("web-2", one.message)
    assert other.message is one.message


@pytest.mark.parametrize("key", ["service.istio.io/canonical-name", "service.istio.io/canonical-revision"])
def test_what_the_injector_writes_for_telemetry_tells_no_pods_apart_unless_a_selector_asks(key: str) -> None:
    first = pod({**AMBIENT, key: "web"}, annotations=redirected("enabled"))
    second = structs.replace(first, name="cart-1", labels={**first.labels, key: "cart"})
    judge = Judge(cluster("1.30.3", [first, second], dict(AMBIENT)))
    assert judge.judge(first).message is judge.judge(second).message
    webhook = Webhook(configuration="w", name="w", object_selector=LabelSelector(match_labels={key: "cart"}))
    judge = Judge(altered(cluster("1.30.3", [first, second], dict(AMBIENT)), webhooks=[webhook]))
    assert judge.judge(first).message is not judge.judge(second).message


def test_a_pod_that_waits_is_judged_by_itself() -> None:
    first = pod(AMBIENT, has_ip=True)
    snapshot = cluster("1.30.3", [first], dict(AMBIENT))
    young = structs.replace(first, name="young", created=NOW - timedelta(seconds=3))
    old = structs.replace(first, name="old", created=NOW - timedelta(minutes=3))
    judge = Judge(altered(snapshot, now=NOW))
    assert [judge.judge(one).state for one in (old, young, old)] == ["NotEnrolled", "Starting", "NotEnrolled"]


@pytest.mark.parametrize(
    "fields",
    [
        {"windows_field": "spec.os.name"},
        {"host_network": True},
        {"phase": "Succeeded"},
        {"namespace": "kube-system"},
        {"labels": NONE},
        {"owner": Owner(kind="DaemonSet", name="each")},
        {"annotations": structs.replace(redirected("enabled"), sidecar_status="{}")},
        {"native_sidecar": True},
        {"annotations": structs.replace(redirected("enabled"), bypass_inbound_capture="true")},
        {"node": "windows"},
        {"node": "bare"},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "annotations", [redirected("enabled"), Annotations(sidecar_status="{}")], ids=["in", "sidecar"]
)
def test_what_decides_tells_apart(fields: dict[str, Any], annotations: Annotations) -> None:
    first = pod({}, annotations=annotations)
    second = structs.replace(first, name="web-2", **fields)
    nodes = {name: Node(name=name, labels={"kubernetes.io/os": name}) for name in ("linux", "windows")}
    each = Workload(kind="DaemonSet", namespace="app", name="each", template=Template(labels=NONE))
    snapshot = cluster("1.30.3", [first, second], dict(AMBIENT), nodes=nodes, workloads={each.ref: each})
    judge = Judge(snapshot)
    judge.judge(first)
    assert judge.judge(second) == Judge(snapshot).judge(second)


def test_pods_of_other_owners_are_alike_and_keep_their_owner() -> None:
    owners = [Owner(kind="StatefulSet", name=name) for name in ("one", "two")]
    pods = [pod({"app": o.name}, name=f"{o.name}-0", owner=o, annotations=redirected("enabled")) for o in owners]
    made = [Workload(kind="StatefulSet", namespace="app", name=o.name, template=Template(labels={})) for o in owners]
    snapshot = cluster("1.30.3", pods, dict(AMBIENT), workloads={w.ref: w for w in made})
    judge = Judge(snapshot)
    one, two = map(judge.judge, pods)
    assert two.message is one.message
    assert (one.owner, two.owner) == ("StatefulSet/one", "StatefulSet/two")
    assert two == Judge(snapshot).judge(pods[1])


def selected(key: str) -> LabelSelector:
    return LabelSelector(match_labels={key: "yes"})


BY_OBJECT = Webhook(configuration="c", name="x.istio.io", revision="default", object_selector=selected("mine"))
ONLY_MINE = "- podSelector: {matchLabels: {mine: 'yes'}}\n"


@pytest.mark.parametrize(
    ("labels", "fields"),
    [
        ({"mine": "yes"}, {"data": config_data("1.30.3", ONLY_MINE)}),
        ({"mine": "yes"}, {"webhooks": [BY_OBJECT]}),
        ({"dataplane-mode": "ambient"}, {}),
        ({"istio.io/dataplane-mod": "ambient"}, {}),
        ({"sidecar.istio.io/inject": "true"}, {}),
        ({"gateway.istio.io/managed": "istio.io-mesh-controller"}, {}),
    ],
)
def test_a_label_that_something_reads_tells_apart(labels: dict[str, str], fields: dict[str, Any]) -> None:
    first = pod({"app": "web"})
    second = structs.replace(first, name="web-2", labels={"app": "other", **labels})
    for both in ([first, second], [second, first]):
        snapshot = cluster("1.30.3", both, {}, **fields)
        judge = Judge(snapshot)
        judge.judge(both[0])
        assert judge.judge(both[1]) == Judge(snapshot).judge(both[1])
