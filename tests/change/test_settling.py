"""What a change is waited for: its labels, the pods it reaches, those of a rollout, and what took others' place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from kubectl_ambient.change.plan import Goal, plan
from kubectl_ambient.change.settling import Settling
from kubectl_ambient.change.targets import Target
from kubectl_ambient.cluster.facts import NOT_FOUND, Annotations, Pod, Unread, Workload
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.settling import Standing
from tests.mesh.builders import SIDECAR, cluster, redirected
from tests.snapshots import altered

from .objects import label, namespace, owner, pod, workload

NOW = datetime(2026, 8, 1, tzinfo=UTC)
IN = redirected("enabled")
AMBIENT = label("ambient")


def shop(*pods: Pod, labels: dict[str, str] | None = None, workloads: tuple[Workload, ...] = ()) -> Snapshot:
    found = cluster("1.31.0", list(pods), labels or {}, namespace="shop", workloads={w.ref: w for w in workloads})
    return structs.replace(found, now=NOW)


def standing(before: Snapshot, now: Snapshot, goal: Goal, *targets: Target) -> Standing:
    settling = Settling([plan(target, goal) for target in targets], before)
    pods, judge = settling.pods(now), Judge(now)
    return settling.standing(pods, {key: judge.judge(found) for key, found in pods.items()}, judge)


def names(found: Standing) -> list[str]:
    return [one.name for one in found.waits_for]


def test_pods_count_as_nothing_before_their_namespaces_label_is_seen() -> None:
    """They are out as intended by the label of before: that is no arrival."""
    before = shop(pod(name="a"), pod(name="b"))
    found = standing(before, before, "enable", namespace())
    assert (found.settled, found.pods, names(found)) == (False, 2, ["shop/a", "shop/b", "namespace/shop"])
    assert {one.why for one in found.waits_for} == {
        "The label istio.io/dataplane-mode of namespace/shop was set to “ambient”, and is not set: somebody else may "
        "have changed it."
    }


def test_a_pod_counts_as_nothing_before_its_own_label_is_seen() -> None:
    one = pod(name="a")
    before = shop(one, pod(name="b"))
    found = standing(before, before, "enable", one)
    assert (found.pods, names(found)) == (1, ["shop/a"])
    assert "of pod/a was set to “ambient”, and is not set" in found.stragglers[0].why


def test_a_namespace_has_settled_when_its_pods_have() -> None:
    pods = [
        pod(name="in", annotations=IN),
        pod("none", "opted-out"),
        pod(name="legacy", annotations=SIDECAR),
        pod(name="done", phase="Succeeded"),
        pod(name="leaves", deleting=NOW),
        pod(name="other", namespace="bank"),
    ]
    before = shop(*(structs.replace(found, annotations=Annotations()) for found in pods))
    found = standing(before, shop(*pods, labels=AMBIENT), "enable", namespace())
    assert (found.settled, found.pods) == (True, 3)
    late = shop(*pods, pod(name="late"), labels=AMBIENT)
    assert names(standing(before, late, "enable", namespace())) == ["shop/late"]


def test_a_pod_that_came_meanwhile_is_waited_for() -> None:
    before = shop(pod(name="a"))
    now = shop(pod(name="new", created=NOW + timedelta(minutes=1)), labels=AMBIENT)
    assert names(standing(before, now, "enable", namespace())) == ["shop/new"]


def test_disable_waits_until_they_are_out() -> None:
    before = shop(pod(name="a", annotations=IN), labels=AMBIENT)
    assert names(standing(before, shop(pod(name="a", annotations=IN)), "disable", namespace("ambient"))) == ["shop/a"]
    assert standing(before, shop(pod(name="a")), "disable", namespace("ambient")).settled


WEB: dict[str, Any] = {"owner": owner("ReplicaSet", "web-1"), "labels": {"pod-template-hash": "1"}}
NEW: dict[str, Any] = {"owner": owner("ReplicaSet", "web-2"), "labels": {"pod-template-hash": "2"}}


def test_a_rollout_is_waited_for_until_each_pod_is_of_the_new_template() -> None:
    web = workload(desired=2)
    before = shop(pod(name="a", **WEB), pod(name="b", **WEB), workloads=(web,))
    half = shop(pod("ambient", "c", annotations=IN, **NEW), pod(name="b", **WEB), workloads=(web,))
    found = standing(before, half, "enable", web)
    assert (names(found), found.pods) == (["shop/b", "deployment.apps/web"], 2)
    assert [one.why for one in found.others] == ["1 of 2 pods of the new template are there."]
    whole = shop(*(pod("ambient", name, annotations=IN, **NEW) for name in "cd"), workloads=(web,))
    assert standing(before, whole, "enable", web).settled


def test_the_same_line_again_waits_for_a_rollout_that_goes_on() -> None:
    """The template has the label already; pods that were labelled by hand are not of an older one."""
    web = workload(value="ambient", desired=2)
    half = shop(pod("ambient", "c", annotations=IN, **NEW), pod(name="b", **WEB), workloads=(web,))
    assert names(standing(half, half, "enable", web)) == ["shop/b"]
    by_hand = shop(pod("ambient", "c", annotations=IN, **NEW), pod("none", "b", **NEW), workloads=(web,))
    assert standing(by_hand, by_hand, "enable", web).settled


def test_where_all_pods_are_gone_at_once_nothing_has_settled() -> None:
    """As the strategy Recreate does."""
    web = workload(desired=2)
    before = shop(pod(name="a", **WEB), workloads=(web,))
    assert names(standing(before, shop(workloads=(web,)), "enable", web)) == ["deployment.apps/web"]
    scaled = shop(workloads=(workload(desired=0),))
    assert standing(before, scaled, "enable", web).settled


@pytest.mark.parametrize(
    ("kind", "fields"),
    [("Deployment", {"paused": True}), ("StatefulSet", {"update_strategy": "OnDelete"}), ("ReplicaSet", {})],
)
def test_pods_that_keep_the_old_template_are_told_and_not_waited_for(kind: str, fields: dict[str, Any]) -> None:
    web = workload(kind, **fields)
    mine = WEB if kind == "Deployment" else {"owner": owner(kind, "web")}
    before = shop(pod(name="a", **mine), workloads=(web,))
    found = standing(before, before, "enable", web)
    assert (found.settled, [verdict.name for verdict in found.restarts]) == (True, ["a"])


def test_a_workload_that_is_gone_is_told() -> None:
    web = workload()
    gone = altered(shop(), workloads={web.ref: Unread(what="get deployment web", why=NOT_FOUND)})
    found = standing(shop(pod(name="a", **WEB), workloads=(web,)), gone, "enable", web)
    assert (found.settled, [one.name for one in found.lost]) == (True, ["deployment.apps/web"])


def test_a_named_pod_that_is_replaced_by_one_without_its_label_is_lost() -> None:
    web = workload()
    one = pod(name="a", **WEB)
    before = shop(one, workloads=(web,))
    now = shop(pod(name="b", created=NOW + timedelta(seconds=9), **WEB), workloads=(web,))
    found = standing(before, now, "enable", one)
    assert (found.settled, [(lost.name, lost.why) for lost in found.lost]) == (
        True,
        [("pod/a", "It is gone, and what took its place has not its label: b.")],
    )


def test_a_named_pod_that_is_being_deleted_is_waited_for_until_its_successor_is_known() -> None:
    web = workload()
    one = pod(name="a", **WEB)
    before = shop(one, workloads=(web,))
    leaves = shop(pod("ambient", "a", deleting=NOW, **WEB), workloads=(web,))
    assert [found.why for found in standing(before, leaves, "enable", one).others] == ["It is being deleted."]
    gone = standing(before, shop(workloads=(web,)), "enable", one)
    assert [found.why for found in gone.others] == ["It is gone, and its owner has made no other yet."]
    assert gone.lost == ()


def test_a_named_pod_is_followed_to_a_successor_that_has_the_label() -> None:
    web = workload(value="ambient")
    one = pod(name="a", **WEB)
    before = shop(one, pod("ambient", "elder", created=NOW - timedelta(days=1), **WEB), workloads=(web,))
    later = {"created": NOW + timedelta(seconds=9), **WEB}
    found = standing(before, shop(pod("ambient", "b", **later), workloads=(web,)), "enable", one)
    assert (names(found), found.lost) == (["shop/b"], ())
    found = standing(before, shop(pod("ambient", "b", annotations=IN, **later), workloads=(web,)), "enable", one)
    assert (found.settled, found.pods, found.lost) == (True, 1, ())


def test_a_pod_without_an_owner_that_is_gone_is_lost() -> None:
    one = pod(name="a")
    assert [lost.why for lost in standing(shop(one), shop(), "enable", one).lost] == ["It is gone."]


def test_what_is_refused_is_not_waited_for() -> None:
    before = shop(pod(name="a"), labels=label("none"))
    assert standing(before, before, "enable", namespace("none")) == Standing(pods=0)
