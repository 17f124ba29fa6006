"""Who moves, asked of the mesh before and after."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from kubectl_ambient.change.change import Change
from kubectl_ambient.change.effects import Effects, effects
from kubectl_ambient.change.plan import Goal, plan
from kubectl_ambient.change.targets import Target
from kubectl_ambient.cluster.facts import Namespace, Pod, Unread, Workload
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.injection import INJECTION
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.render.change import moves
from tests.mesh.builders import SIDECAR, cluster, redirected
from tests.snapshots import altered
from tests.snapshots import found as found_of

from .objects import VALUES, namespace, owner, pod, workload
from .test_plan import goals


def shop(
    *pods: Pod, labels: dict[str, str] | None = None, workloads: tuple[Workload, ...] = (), version: str = "1.31.0"
) -> Snapshot:
    return cluster(version, list(pods), labels or {}, namespace="shop", workloads={w.ref: w for w in workloads})


def change(snapshot: Snapshot, goal: Goal, *targets: Target, overwrite: bool = False) -> Effects:
    return effects(snapshot, [plan(t, goal, overwrite=overwrite) for t in targets])


def told(found: Effects) -> dict[str, tuple[str, str, str]]:
    return {m.pod.name: (m.direction, m.when, m.reason) for m in found.pods}


def of(snapshot: Snapshot, name: str = "shop") -> Namespace:
    found = snapshot.namespaces.facts[name]
    assert isinstance(found, Namespace)
    return found


def test_a_namespace_moves_its_pods_but_those_that_are_kept_out() -> None:
    snapshot = shop(
        pod(name="web-1"),
        pod("none", "reports-1"),
        pod(name="agent-1", host_network=True),
        pod(name="legacy-1", annotations=SIDECAR),
        pod(name="done-1", phase="Succeeded"),
        pod("ambient", "mine-1"),
        pod(name="other-1", namespace="bank"),
    )
    assert told(change(snapshot, "enable", of(snapshot))) == {
        "web-1": ("in", "now", "NamespaceLabel"),
        "reports-1": ("stays out", "now", "PodOptedOut"),
        "agent-1": ("stays out", "now", "HostNetwork"),
        "legacy-1": ("stays out", "now", "SidecarPresent"),
        "mine-1": ("stays in", "now", "PodLabel"),
    }


def test_disable_leaves_those_with_a_label_of_their_own() -> None:
    snapshot = shop(pod(name="web-1"), pod("ambient", "mine-1"), labels={"istio.io/dataplane-mode": "ambient"})
    assert told(change(snapshot, "disable", of(snapshot))) == {
        "web-1": ("out", "now", "NotLabeled"),
        "mine-1": ("stays in", "now", "PodLabel"),
    }


def test_a_pod_without_a_label_stays_in_by_its_namespace_until_it_opts_out() -> None:
    web = pod(name="web-1")
    snapshot = shop(web, labels={"istio.io/dataplane-mode": "ambient"})
    assert told(change(snapshot, "disable", web)) == {"web-1": ("stays in", "now", "NamespaceLabel")}
    assert told(change(snapshot, "opt-out", web)) == {"web-1": ("out", "now", "PodOptedOut")}


def of_web(name: str = "web-5d9-x1") -> Pod:
    return pod(name=name, owner=owner("ReplicaSet", "web-5d9"))


def replicas(kind: str = "Deployment", **fields: object) -> tuple[Workload, ...]:
    made = workload("ReplicaSet", name="web-5d9", owner=owner("Deployment", "web"))
    return (workload(kind, **fields), made)


def test_a_deployment_moves_its_pods_by_restart() -> None:
    web, *_ = both = replicas()
    snapshot = shop(of_web(), pod(name="other"), workloads=both)
    assert told(change(snapshot, "enable", web)) == {"web-5d9-x1": ("in", "restart", "PodLabel")}


def test_a_paused_deployment_moves_them_when_it_is_resumed() -> None:
    web, *_ = both = replicas(paused=True)
    effect = change(shop(of_web(), workloads=both), "enable", web)
    assert told(effect) == {"web-5d9-x1": ("in", "resumed", "PodLabel")}
    assert moves(effect, ["in"], "would", 80) == ["Would move in    web 1/1 (once the rollout is resumed)"]


def test_what_moves_at_once_does_not_wait_for_the_restart() -> None:
    web, *_ = both = replicas()
    snapshot = shop(of_web(), workloads=both)
    assert told(change(snapshot, "enable", of(snapshot), web)) == {"web-5d9-x1": ("in", "now", "NamespaceLabel")}


def test_on_delete_moves_them_later() -> None:
    db = workload("StatefulSet", name="db", update_strategy="OnDelete")
    snapshot = shop(pod(name="db-0", owner=owner("StatefulSet", "db")), workloads=(db,))
    assert told(change(snapshot, "enable", db)) == {"db-0": ("in", "later", "PodLabel")}


def test_pods_below_the_partition_are_held() -> None:
    db = workload("StatefulSet", name="db", update_strategy="RollingUpdate", partition=2, desired=11)
    pods = [pod(name=name, owner=owner("StatefulSet", "db")) for name in ("db-0", "db-1", "db-2", "db-10")]
    assert told(change(shop(*pods, workloads=(db,)), "enable", db)) == {
        "db-0": ("in", "held", "PodLabel"),
        "db-1": ("in", "held", "PodLabel"),
        "db-2": ("in", "restart", "PodLabel"),
        "db-10": ("in", "restart", "PodLabel"),
    }


def test_a_partition_above_all_pods_moves_none_of_them_now() -> None:
    db = workload("StatefulSet", name="db", update_strategy="RollingUpdate", partition=1, desired=1)
    snapshot = shop(pod(name="db-0", owner=owner("StatefulSet", "db")), workloads=(db,))
    assert told(change(snapshot, "enable", db)) == {"db-0": ("in", "held", "PodLabel")}
    db = structs.replace(db, update_strategy="OnDelete")
    snapshot = shop(pod(name="db-0", owner=owner("StatefulSet", "db")), workloads=(db,))
    assert told(change(snapshot, "enable", db)) == {"db-0": ("in", "later", "PodLabel")}


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (workload(), True),
        (workload(desired=None), True),
        (workload("StatefulSet", partition=1, desired=2), True),
        (workload("StatefulSet", partition=2, desired=2), False),
        (workload(desired=0), False),
        (workload(paused=True), False),
        (workload("CronJob"), False),
        (workload(value="ambient"), False),
        (namespace(), False),
        (pod(), False),
    ],
)
def test_whether_a_change_restarts_pods(target: Target, expected: bool) -> None:
    snapshot = shop(pod())
    edits = (plan(of(snapshot), "enable"), plan(target, "enable"))
    assert Change(goal="enable", edits=edits, effects=effects(snapshot, edits)).restarts is expected


def test_a_cronjob_moves_nothing_that_runs_now() -> None:
    load = workload("CronJob", name="load")
    job = workload("Job", name="load-1", owner=owner("CronJob", "load"))
    snapshot = shop(pod(name="load-1-x", owner=owner("Job", "load-1")), workloads=(load, job))
    assert told(change(snapshot, "enable", load)) == {}


def test_a_restart_that_brings_a_sidecar_keeps_the_pod_out() -> None:
    web, *_ = both = replicas()
    snapshot = shop(of_web(), labels={INJECTION: "enabled"}, workloads=both)
    assert told(change(snapshot, "enable", web)) == {"web-5d9-x1": ("stays out", "restart", "SidecarPresent")}


def test_a_restart_that_takes_the_sidecar_away_lets_it_in() -> None:
    web, *_ = both = replicas()
    with_sidecar = structs.replace(of_web(), annotations=SIDECAR)
    assert told(change(shop(with_sidecar, workloads=both), "enable", web)) == {
        "web-5d9-x1": ("in", "restart", "PodLabel")
    }


def test_a_template_on_the_host_network_stays_out() -> None:
    web = workload("DaemonSet", name="web")
    web = structs.replace(web, template=structs.replace(web.template, host_network=True))
    snapshot = shop(pod(name="web-x", host_network=True, owner=owner("DaemonSet", "web")), workloads=(web,))
    assert told(change(snapshot, "enable", web)) == {"web-x": ("stays out", "restart", "HostNetwork")}


def test_a_refused_edit_reaches_nothing() -> None:
    web = pod("none")
    assert told(change(shop(web), "enable", web)) == {}


def test_an_unreadable_namespace_makes_it_unknown_only_where_it_decides() -> None:
    web = pod("ambient")
    snapshot = shop(web, pod(name="b"))
    snapshot.namespaces = found_of({"shop": Unread(what="get namespace shop", why="forbidden")})
    assert told(change(snapshot, "disable", web))["web-1"][0] == "unknown"
    assert told(change(snapshot, "enable", pod(name="b")))["b"] == ("in", "now", "PodLabel")


def test_the_snapshot_itself_is_not_changed() -> None:
    snapshot = shop(pod(), annotated := pod(name="b", annotations=redirected("enabled")))
    change(snapshot, "enable", of(snapshot), annotated)
    assert snapshot == shop(pod(), annotated)


@st.composite
def shops(draw: st.DrawFn) -> Snapshot:
    def one(index: int) -> Pod:
        value = draw(st.sampled_from(VALUES))
        annotations = SIDECAR if draw(st.booleans()) else redirected(draw(st.sampled_from((None, "enabled"))))
        return pod(value, f"p{index}", annotations=annotations, host_network=draw(st.booleans()))

    pods = [one(i) for i in range(draw(st.integers(0, 4)))]
    mode = draw(st.sampled_from(VALUES))
    return shop(*pods, labels={} if mode is None else {"istio.io/dataplane-mode": mode})


@given(shops(), goals, st.booleans())
def test_what_is_foretold_is_what_the_mesh_says_afterwards(snapshot: Snapshot, goal: Goal, overwrite: bool) -> None:
    edit = plan(of(snapshot), goal, overwrite=overwrite)
    found = effects(snapshot, [edit])
    after = edit.edited
    assert isinstance(after, Namespace)
    judge = Judge(altered(snapshot, namespaces={"shop": after}))
    for moved in found.pods:
        expected = judge.expected_of(moved.pod).expected
        assert moved.direction.endswith(expected)
        started = Judge(snapshot).expected_of(moved.pod).expected
        assert moved.direction.startswith("stays") == (started == expected)
