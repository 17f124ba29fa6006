"""The agents of a pod's node decide as well as its labels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kubectl_ambient.change.change import Change
from kubectl_ambient.change.effects import effects
from kubectl_ambient.change.notes import notes
from kubectl_ambient.change.notes_of_agents import cut_off_by
from kubectl_ambient.change.plan import Goal, plan
from kubectl_ambient.change.targets import Target
from kubectl_ambient.cluster.facts import Annotations, Pod, Unread, Workload
from kubectl_ambient.cluster.found import Found
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.render.change import moves
from tests.lines import lines
from tests.mesh.builders import agent, redirected

from .objects import owner, pod, workload
from .test_effects import of, of_web, shop, told

VERSION = "1.30.3"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
AMBIENT = {"istio.io/dataplane-mode": "ambient"}
ALL = ("in", "doubtful", "not in", "cut off", "out", "held in", "stays in", "stays out")


def nodes(cni: dict[str, bool], ztunnel: dict[str, bool], version: str = VERSION) -> dict[str, Any]:
    """The agents' pods by their nodes, and whether each is Ready."""
    return {
        "cni_pods": [agent("istio-cni-node", version, node, ready=ready) for node, ready in cni.items()],
        "ztunnel_pods": [agent("ztunnel", version, node, ready=ready) for node, ready in ztunnel.items()],
    }


def on(snapshot: Snapshot, **fields: Any) -> Snapshot:
    for name, pods in fields.items():
        setattr(snapshot, name, Found.of(pods, lambda found: f"{found.namespace}/{found.name}"))
    return snapshot


def made(snapshot: Snapshot, goal: Goal, *targets: Target) -> Change:
    edits = tuple(plan(target, goal) for target in targets)
    return Change(goal=goal, edits=edits, effects=effects(snapshot, edits))


def of_namespace(goal: Goal, *pods: Pod, version: str = VERSION, **agents: Any) -> Change:
    labels = {} if goal == "enable" else AMBIENT
    snapshot = on(shop(*pods, labels=labels, version=version), **agents)
    return made(snapshot, goal, of(snapshot))


def rows(change: Change) -> list[str]:
    return moves(change.effects, ALL, "would", 100)


@pytest.mark.parametrize(
    ("cni", "ztunnel", "expected"),
    [
        ({"n1": True}, {"n1": True}, "in"),
        ({"n1": False}, {"n1": True}, "not in"),
        ({}, {"n1": True}, "not in"),
        ({"n1": True}, {"n1": False}, "cut off"),
        ({"n1": True}, {}, "cut off"),
        ({"n1": False}, {"n1": False}, "not in"),
        ({}, {}, "not in"),
        ({"n2": True}, {"n1": True}, "not in"),
        ({"n1": True}, {"n2": True}, "cut off"),
    ],
)
def test_a_running_pod(cni: dict[str, bool], ztunnel: dict[str, bool], expected: str) -> None:
    change = of_namespace("enable", pod(), **nodes(cni, ztunnel))
    assert told(change.effects)["web-1"][0] == expected


@pytest.mark.parametrize("version", ["1.22.8", "1.24.6", "1.25.0", "1.31.0"])
def test_every_version_redirects_before_it_asks_ztunnel(version: str) -> None:
    change = of_namespace("enable", pod(), version=version, **nodes({"n1": True}, {"n1": False}, version))
    assert told(change.effects)["web-1"][0] == "cut off"


def test_rows_of_their_own_with_the_node_and_why() -> None:
    pods = [pod(name=f"web-{node}", node=node, owner=owner("StatefulSet", "web")) for node in ("n1", "n2", "n3", "n4")]
    change = of_namespace(
        "enable", *pods, **nodes({"n1": True, "n2": True, "n3": False}, {"n1": True, "n2": False, "n3": True})
    )
    assert rows(change) == [
        "Would move in    web 1/4",
        "Would not get in web 1/4 (istio-cni is not Ready on n3)",
        "Would not get in web 1/4 (no istio-cni pod runs on n4)",
        "Would be CUT OFF web 1/4 (ztunnel is not Ready on n2)",
    ]
    why = "1 pod can neither send nor receive TCP once moved in: ztunnel is not Ready on n2"
    assert lines(notes(change)[:1]) == why
    assert cut_off_by(change, change.edits[0]) == why


def test_only_the_edit_that_cuts_a_pod_off_is_to_blame() -> None:
    good, bad = pod(name="good"), pod(name="bad", node="n2")
    snapshot = on(shop(good, bad), **nodes({"n1": True, "n2": True}, {"n1": True}))
    change = made(snapshot, "enable", good, bad)
    assert [bool(cut_off_by(change, edit)) for edit in change.edits] == [False, True]


def test_a_pod_that_is_not_started_is_not_cut_off() -> None:
    change = of_namespace("enable", pod(has_ip=False, phase="Pending"), **nodes({"n1": True}, {}))
    assert told(change.effects)["web-1"][0] == "not in"


def test_a_pod_without_a_node_may_come_to_a_good_one() -> None:
    waiting = pod(node="", has_ip=False, phase="Pending")
    good = of_namespace("enable", waiting, **nodes({"n1": True, "n2": False}, {"n1": True}))
    assert told(good.effects)["web-1"][0] == "in"
    none = of_namespace("enable", waiting, **nodes({"n1": False}, {"n1": True}))
    assert rows(none) == ["Would not get in web-1 1/1 (no istio-cni pod runs on any node)"]


def test_what_cannot_be_read_is_not_in_the_way() -> None:
    snapshot = shop(pod())
    unread: Found[Any] = Found.refused(Unread(what="list pods", why="forbidden"))
    snapshot.cni_pods = snapshot.ztunnel_pods = unread
    change = made(snapshot, "enable", of(snapshot))
    assert told(change.effects)["web-1"][0] == "in"
    assumed = [text for text in change.effects.after.assumptions if "Ready" in text]
    assert len(assumed) == len(set(assumed)) == 2


def test_one_that_is_redirected_already_is_in_or_cut_off() -> None:
    left = pod(annotations=redirected("enabled"))
    assert told(of_namespace("enable", left, **nodes({}, {"n1": True})).effects)["web-1"][0] == "in"
    assert told(of_namespace("enable", left, **nodes({}, {})).effects)["web-1"][0] == "cut off"
    pending = pod(annotations=redirected("pending"))
    assert told(of_namespace("enable", pending, **nodes({}, {"n1": True})).effects)["web-1"][0] == "cut off"


@pytest.mark.parametrize("ready", [False, None])
def test_a_redirected_pod_stays_in_until_istio_cni_takes_it_out(ready: bool | None) -> None:
    cni = {} if ready is None else {"n1": ready}
    change = of_namespace("disable", pod(annotations=redirected("enabled")), **nodes(cni, {"n1": True}))
    why = "no istio-cni pod runs on n1" if ready is None else "istio-cni is not Ready on n1"
    assert rows(change) == [f"Would stay in    web-1 1/1 ({why})"]
    assert f"1 pod stays redirected until istio-cni runs there again, or until replaced: {why}" in notes(change)


@pytest.mark.parametrize("annotations", [redirected("enabled"), Annotations()])
def test_istio_cni_alone_takes_pods_out(annotations: Annotations) -> None:
    change = of_namespace("disable", pod(annotations=annotations), **nodes({"n1": True}, {}))
    assert told(change.effects)["web-1"][0] == "out"


def test_one_that_is_not_redirected_is_out_already() -> None:
    change = of_namespace("disable", pod(), **nodes({}, {}))
    assert told(change.effects)["web-1"][0] == "out"


def seen(value: str, minutes: int, name: str = "own") -> Pod:
    return pod("ambient", name, annotations=redirected(value), created=NOW - timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([seen("pending", 5)], "doubtful"),
        ([seen("enabled", 9, "before"), seen("pending", 5)], "doubtful"),
        ([seen("enabled", 2, "after"), seen("pending", 5)], "in"),
        ([seen("pending", 0)], "in"),
        ([seen("enabled", 5)], "in"),
    ],
)
def test_a_ztunnel_that_is_ready_and_has_not_accepted_another_pod(others: list[Pod], expected: str) -> None:
    snapshot = shop(pod(), *others, version=VERSION)
    snapshot.now = NOW
    change = made(snapshot, "enable", of(snapshot))
    assert told(change.effects)["web-1"][0] == expected
    if expected == "doubtful":
        assert "Might be cut off web-1 1/1 (ztunnel on n1 has not accepted Pod/shop/own)" in rows(change)
        assert cut_off_by(change, change.edits[0]) == ""


# By a restart: the new pods may come to other nodes.


def by_restart(web: Workload, one: Pod, **agents: Any) -> Change:
    snapshot = on(shop(one, workloads=(web, workload("ReplicaSet", name="web-5d9", owner=owner("Deployment", "web")))))
    return made(on(snapshot, **agents), "enable", web)


def test_new_pods_come_to_any_node() -> None:
    change = by_restart(workload(), of_web(), **nodes({"n1": True, "n2": True}, {"n1": False, "n2": True}))
    assert told(change.effects)["web-5d9-x1"][:2] == ("in", "restart")
    assert "ztunnel is not Ready on n1: a new pod that comes to it does not start, or is not put in" in notes(change)


def test_on_good_nodes_nothing_is_told_of_new_pods() -> None:
    change = by_restart(workload(), of_web(), **nodes({"n1": True, "n2": True}, {"n1": True, "n2": True}))
    assert not [note for note in notes(change) if "new pod" in str(note)]


def test_no_node_is_good_for_new_pods() -> None:
    change = by_restart(workload(), of_web(), **nodes({"n1": True}, {"n1": False}))
    assert rows(change) == ["Would not get in web 1/1 (by restart: ztunnel is not Ready on n1)"]
    assert cut_off_by(change, change.edits[0]) == ""


def test_a_daemonsets_new_pod_comes_to_the_same_node() -> None:
    web = workload("DaemonSet")
    mine = pod(name="web-x", owner=owner("DaemonSet", "web"))
    change = by_restart(web, mine, **nodes({"n1": True, "n2": True}, {"n1": False, "n2": True}))
    assert rows(change) == ["Would not get in web 1/1 (by restart: ztunnel is not Ready on n1)"]
