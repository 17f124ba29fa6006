"""Who is waited for: as `--fail-on drift,pending` has it, and those that start; nobody that only a restart moves."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ambient.cluster.facts import Pod, Unread
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.settling import Standing, restarts_of, standing_of
from kubectl_ambient.mesh.summary import fails
from kubectl_ambient.render.terminal import Paint
from kubectl_ambient.render.waiting import all_arrived, given_up, not_told, restarts, so_far, stragglers, waits_for
from kubectl_ambient.shell.aim import Aim
from tests.mesh.builders import AMBIENT, SIDECAR, agent, cluster, pod, redirected
from tests.snapshots import altered


def standing(snapshot: Snapshot, *conditions: str) -> Standing:
    judge = Judge(snapshot)
    return standing_of([judge.judge(pod) for pod in snapshot.pods], judge, conditions)


def names(found: Standing) -> list[str]:
    return [one.name for one in found.stragglers]


IN, PENDING = redirected("enabled"), redirected("pending")
CASES: list[tuple[str, dict[str, str], dict[str, Any], bool]] = [
    ("Enrolled", AMBIENT, {"annotations": IN}, False),
    ("NotAmbient", {}, {}, False),
    ("NotEnrolled", AMBIENT, {}, True),
    ("Pending", AMBIENT, {"annotations": PENDING}, True),
    ("Starting", AMBIENT, {"has_ip": False}, True),
    ("Stale", {}, {"annotations": IN}, True),
]


@pytest.mark.parametrize(("state", "labels", "fields", "waits"), CASES, ids=[case[0] for case in CASES])
def test_each_state(state: str, labels: dict[str, str], fields: dict[str, Any], waits: bool) -> None:
    snapshot = cluster("1.30.3", [pod(labels, **fields)])
    found = standing(snapshot)
    assert Judge(snapshot).judge(pod(labels, **fields)).state == state
    assert (names(found), found.pods) == (["app/web-1"] if waits else [], 1)
    assert found.settled != waits
    drifts = fails([Judge(snapshot).judge(pod(labels, **fields))], ("drift", "pending"))
    assert waits >= drifts
    assert waits == drifts or state == "Starting"


def dead_ztunnel(*pods: Pod) -> Snapshot:
    return altered(cluster("1.30.3", list(pods)), ztunnel_pods=[agent("ztunnel", "1.30.3", ready=False)])


def test_a_pod_that_is_in_and_not_served_is_waited_for_and_its_agents_are_named() -> None:
    snapshot = dead_ztunnel(pod(AMBIENT, annotations=IN))
    found = standing(snapshot)
    assert names(found) == ["app/web-1"]
    assert found.stragglers[0].why.startswith("Ztunnel on n1 is not Ready")
    told = stragglers(found.stragglers, Judge(snapshot), 200, Paint(False))
    assert told.splitlines()[0] == "‼ app/web-1"
    assert told.splitlines()[2] == (
        "  On n1: istio-cni 1.30.3 Ready (istio-system/istio-cni-node-n1), ztunnel 1.30.3 not Ready "
        "(istio-system/ztunnel-n1)."
    )


def test_what_is_alike_is_told_once() -> None:
    snapshot = cluster("1.30.3", [pod(AMBIENT, name="a"), pod(AMBIENT, name="b"), pod(AMBIENT, name="c", node="n2")])
    told = stragglers(standing(snapshot).stragglers, Judge(snapshot), 200, Paint(False))
    heads = [line for line in told.splitlines() if line.startswith("‼")]
    assert heads == ["‼ app/a, app/b", "‼ app/c"]
    assert "On n2: istio-cni missing, ztunnel missing." in told


def test_what_cannot_be_told_is_not_waited_for_and_said() -> None:
    snapshot = altered(cluster("1.30.3", [pod()]), namespaces=Unread(what="get namespace app", why="forbidden"))
    found = standing(snapshot)
    assert (found.pods, found.settled, [one.name for one in found.unknown]) == (0, True, ["app/web-1"])
    (line,) = not_told(found.unknown, 200)
    assert line.startswith("not waited for: app/web-1. Cannot be told: ")


def test_a_condition_of_fail_on_is_waited_for_besides() -> None:
    snapshot = altered(cluster("1.30.3", [pod()]), namespaces=Unread(what="get namespace app", why="forbidden"))
    assert standing(snapshot, "drift", "pending").settled
    assert names(standing(snapshot, "unknown")) == ["app/web-1"]


def test_a_sidecar_that_only_a_restart_takes_away() -> None:
    """Kept out now, and its successor will be in."""
    snapshot = cluster("1.30.3", [pod(AMBIENT, annotations=SIDECAR)])
    found = standing(snapshot)
    assert found.settled
    (line,) = restarts(restarts_of(found.restarts, Judge(snapshot)), Aim(), 200)
    assert line == (
        "not waited for: only a restart moves app/web-1 (with a sidecar until then): kubectl delete pod web-1 -n app"
    )


def test_a_pod_that_stays_redirected_since_istio_cni_is_gone() -> None:
    snapshot = altered(
        cluster("1.30.3", [pod(annotations=IN)]), cni_pods=[], cni_daemonsets=[], cni_config=[], ztunnel_pods=[]
    )
    found = standing(snapshot)
    assert (found.pods, found.settled) == (0, True)
    (line,) = restarts(restarts_of(found.restarts, Judge(snapshot)), Aim(), 200)
    assert "still redirected, by an istio-cni that is gone" in line


def test_the_sentences() -> None:
    snapshot = cluster("1.30.3", [pod(AMBIENT, name=name) for name in "ab"] + [pod(name="c")])
    found = standing(snapshot)
    assert waits_for(found) == "waiting for app/a (n1) and 1 more"
    assert so_far(found) == "1 of 3 pods is where it should be; waiting for app/a (n1) and 1 more"
    assert given_up(found, "timed out after 5s") == "error: timed out after 5s: 1 of 3 pods is where it should be"
    assert so_far(Standing(pods=0)) == ""
    assert all_arrived(Standing(pods=0), "0s") == "There is no pod to wait for."
    assert all_arrived(Standing(pods=1), "3s") == "The pod is where it should be (3s)."
    assert all_arrived(Standing(pods=3), "3s") == "All 3 pods are where they should be (3s)."
