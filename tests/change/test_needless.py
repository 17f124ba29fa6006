"""Nothing is restarted for nothing."""

from __future__ import annotations

from kubectl_ambient.change.change import Change
from kubectl_ambient.change.effects import effects
from kubectl_ambient.change.needless import changes_nothing, needless
from kubectl_ambient.change.plan import plan
from kubectl_ambient.change.targets import Target
from kubectl_ambient.change.undo import undo
from kubectl_ambient.cluster.facts import Template
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.injection import INJECTION
from tests.lines import lines
from tests.mesh.builders import AMBIENT, SIDECAR

from .objects import namespace, owner, pod, workload
from .test_effects import of, of_web, replicas, shop


def made(snapshot: Snapshot, *targets: Target) -> Change:
    edits = tuple(plan(target, "enable") for target in targets)
    return Change(goal="enable", edits=edits, effects=effects(snapshot, edits))


def why(snapshot: Snapshot, *targets: Target) -> dict[int, str]:
    return needless(made(snapshot, *targets))


def test_in_by_the_namespace() -> None:
    web, *_ = both = replicas()
    assert why(shop(of_web(), workloads=both, labels=AMBIENT), web) == {
        0: "in already: the namespace's label istio.io/dataplane-mode=ambient asks for it"
    }


def test_near_miss_a_sidecar_that_the_restart_ends() -> None:
    web, *_ = both = replicas()
    assert why(shop(of_web(), pod(), workloads=both), web) == {}
    old = pod(name="web-5d9-x2", owner=owner("ReplicaSet", "web-5d9"), annotations=SIDECAR)
    assert why(shop(of_web(), old, workloads=both, labels=AMBIENT), web) == {}


def test_the_label_cannot_help() -> None:
    web, *_ = both = replicas()
    (told,) = why(shop(of_web(), workloads=both, labels={INJECTION: "enabled"}), web).values()
    assert told.startswith("the label cannot put it in: ")
    host = workload("DaemonSet", name="agent", template=Template(labels={"app": "agent"}, host_network=True))
    one = pod(name="agent-1", host_network=True, owner=owner("DaemonSet", "agent"))
    (told,) = why(shop(one, workloads=(host,)), host).values()
    assert told.startswith("the label cannot put it in: ")


def test_near_miss_nothing_is_restarted_anyway() -> None:
    for web in (workload(desired=0), workload("CronJob"), workload(paused=True), workload(value="ambient")):
        assert why(shop(workloads=(web,), labels=AMBIENT), web) == {}
    snapshot = shop(pod(), labels=AMBIENT)
    assert why(snapshot, namespace(), pod()) == {}


def test_near_miss_ambient_is_still_to_be_installed() -> None:
    web, *_ = both = replicas()
    snapshot = shop(of_web(), workloads=both)
    for part in (snapshot.cni_daemonsets, snapshot.cni_pods):
        part.facts.clear()
    assert why(snapshot, web) == {}


def test_the_namespace_of_the_same_change_puts_them_in() -> None:
    """Before it they are out, so the label is not known to be needless: both are set, and told."""
    web, *_ = both = replicas()
    snapshot = shop(of_web(), workloads=both)
    assert why(snapshot, of(snapshot), web) == {}


def test_the_undo_of_a_needless_label_that_was_taken_off_says_force() -> None:
    web, *_ = both = replicas(value="ambient")
    edits = (plan(web, "disable"),)

    def line(labels: dict[str, str]) -> str:
        found = effects(shop(of_web(), workloads=both, labels=labels), edits)
        change = Change(goal="disable", edits=edits, effects=found)
        forced = [("Deployment", "shop", "web")] if changes_nothing(edits[0], change) else []
        return lines(undo(edits, forced=forced))

    assert line(AMBIENT) == "kubectl ambient enable deploy web -n shop --force"
    assert line({}) == "kubectl ambient enable deploy web -n shop"
