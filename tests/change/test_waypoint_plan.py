"""What is done with the two labels of one object, and that the undo line puts them back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_ambient.change.patch import merge_patch
from kubectl_ambient.change.targets import WaypointTarget, key_of
from kubectl_ambient.change.waypoint.plan import Wish, plan
from kubectl_ambient.change.waypoint.undo import undo
from kubectl_ambient.change.waypoint.use_waypoint import UseWaypoint, use_waypoint
from kubectl_ambient.shell.aim import Aim
from kubectl_ambient.shell.words import inside, typed
from tests.lines import lines, said

from .waypoint_objects import by_key, run, target, targets, wishes

# before (name, namespace), wish (name, namespace), after (name, namespace) or the label that is taken.
ENABLE: list[tuple[tuple[str | None, str | None], tuple[str, str], tuple[str | None, str | None] | str]] = [
    ((None, None), ("wp", ""), ("wp", None)),
    ((None, None), ("wp", "shop"), ("wp", None)),
    ((None, None), ("wp", "infra"), ("wp", "infra")),
    ((None, "stale"), ("wp", ""), ("wp", None)),
    ((None, "infra"), ("wp", "infra"), ("wp", "infra")),
    ((None, "stale"), ("wp", "infra"), "istio.io/use-waypoint-namespace"),
    (("wp", None), ("wp", ""), ("wp", None)),
    (("wp", "shop"), ("wp", ""), ("wp", "shop")),
    (("wp", "infra"), ("wp", ""), "istio.io/use-waypoint-namespace"),
    (("wp", None), ("wp", "infra"), "istio.io/use-waypoint"),
    (("other", None), ("wp", ""), "istio.io/use-waypoint"),
    (("none", None), ("wp", ""), "istio.io/use-waypoint"),
    (("", None), ("wp", ""), "istio.io/use-waypoint"),
]


@pytest.mark.parametrize(("before", "wish", "after"), ENABLE)
def test_enable(
    before: tuple[str | None, str | None], wish: tuple[str, str], after: tuple[str | None, str | None] | str
) -> None:
    found = target(waypoint=before[0], home=before[1])
    edit = plan(found, Wish(goal="enable", waypoint=wish[0], namespace=wish[1]))
    if isinstance(after, str):
        value = UseWaypoint(*before).labels[after]
        assert (edit.action, edit.edited) == ("refuse", found)
        assert edit.why == f"'{after}' already has a value ({value}), and --overwrite is false"
        forced = plan(found, Wish(goal="enable", waypoint=wish[0], namespace=wish[1], overwrite=True))
        assert forced.changes
        assert forced.names == f"{wish[1] or 'shop'}/{wish[0]}"
    else:
        assert use_waypoint(edit.edited.labels) == UseWaypoint(*after)
        assert edit.changes == (before != after)


def test_a_namespace_is_its_own_home() -> None:
    edit = plan(target("Namespace", "shop"), Wish(goal="enable", waypoint="wp", namespace="shop"))
    assert edit.labels == {"istio.io/use-waypoint": "wp"}
    assert edit.names == "shop/wp"


DISABLE: list[tuple[str, tuple[str | None, str | None], tuple[str | None, str | None], str]] = [
    ("disable", (None, None), (None, None), "not labeled"),
    ("disable", ("wp", "infra"), (None, None), "unlabeled"),
    ("disable", (None, "stale"), (None, None), "unlabeled"),
    ("disable", ("none", None), ("none", None), "not labeled"),
    ("opt-out", (None, None), ("none", None), "labeled"),
    ("opt-out", ("wp", "infra"), ("none", None), "labeled"),
    ("opt-out", ("none", "stale"), ("none", None), "unlabeled"),
    ("opt-out", ("none", None), ("none", None), "not labeled"),
]


@pytest.mark.parametrize(("goal", "before", "after", "word"), DISABLE)
def test_disable(
    goal: str, before: tuple[str | None, str | None], after: tuple[str | None, str | None], word: str
) -> None:
    edit = plan(target(waypoint=before[0], home=before[1]), Wish(goal=goal))  # type: ignore[arg-type]
    assert (use_waypoint(edit.edited.labels), edit.word) == (UseWaypoint(*after), word)


@pytest.mark.parametrize(
    ("wish", "goes"), [(("wp", ""), True), (("wp", "shop"), True), (("", "infra"), False), (("old", ""), False)]
)
def test_disable_of_one_waypoint_only(wish: tuple[str, str], goes: bool) -> None:
    edit = plan(target(waypoint="wp"), Wish(goal="disable", waypoint=wish[0], namespace=wish[1]))
    assert edit.changes == goes
    assert bool(edit.why) != goes


def test_the_opt_out_that_stays_is_told() -> None:
    assert "without that opt-out" in said(plan(target(waypoint="none"), Wish(goal="disable")).why)
    assert "it names no waypoint" in said(plan(target("Namespace", waypoint="none"), Wish(goal="disable")).why)


def test_only_what_changes_is_written() -> None:
    edit = plan(
        target(waypoint="old", home="infra"), Wish(goal="enable", waypoint="wp", namespace="infra", overwrite=True)
    )
    assert merge_patch(edit, "7") == {"metadata": {"labels": {"istio.io/use-waypoint": "wp"}, "resourceVersion": "7"}}


def test_what_lies_beneath_counts_where_the_label_is_taken_off() -> None:
    beneath = UseWaypoint("below")
    edit = plan(target("WorkloadEntry", waypoint="wp"), Wish(goal="disable"), own=UseWaypoint("wp"), beneath=beneath)
    assert (edit.labels, edit.names) == ({"istio.io/use-waypoint": None}, "shop/below")


@given(st.lists(targets(), max_size=6, unique_by=key_of), wishes)
def test_undo_restores_both_labels(found: list[WaypointTarget], wish: Wish) -> None:
    edits = [plan(t, wish) for t in found]
    objects = by_key([e.edited for e in edits])
    line = lines(undo(edits))
    assert bool(line) == any(e.changes for e in edits)
    if line:
        run(line, objects)
    assert objects == by_key(found)


@given(targets(), wishes)
def test_twice_is_once(found: WaypointTarget, wish: Wish) -> None:
    once = plan(found, wish)
    if once.changes:
        assert not plan(once.edited, wish).changes
    assert once.changes == (once.edited != found) == bool(once.labels)


def test_many_names_become_their_selection() -> None:
    edits = [plan(target(name=f"s{i}"), Wish(goal="enable", waypoint="wp")) for i in range(30)]
    assert (
        lines(undo(edits, selection=("svc --all", *inside("shop"))))
        == "kubectl ambient waypoint disable svc --all -n shop"
    )
    assert "-l" not in lines(undo(edits, selection=("svc -l", typed("!istio.io/use-waypoint"), *inside("shop"))))


def test_the_connection_goes_with_every_command() -> None:
    edits = [
        plan(target(name="a"), Wish(goal="enable", waypoint="wp")),
        plan(target("Pod", "b", "bank", waypoint="old"), Wish(goal="enable", waypoint="wp", overwrite=True)),
    ]
    assert Aim((("--context", "lab"),)).say(undo(edits)[0]) == (
        "kubectl ambient waypoint disable svc a -n shop --context lab && "
        "kubectl label pod b -n bank istio.io/use-waypoint=old --overwrite --context lab"
    )
