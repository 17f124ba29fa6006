"""The undo line puts every label back: tried by doing its commands."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from kubectl_ambient.change.plan import Goal, plan
from kubectl_ambient.change.targets import Target, key_of
from kubectl_ambient.change.undo import undo
from kubectl_ambient.shell.aim import Aim
from kubectl_ambient.shell.words import label, typed
from tests.lines import lines

from .objects import namespace, pod, targets, workload
from .shell import by_key, run
from .test_plan import goals


@given(st.lists(targets(), max_size=6, unique_by=key_of), goals, st.booleans())
@example([workload("CronJob", "Kmesh")], "enable", True)
@example([pod("none"), workload(value="none"), namespace("none")], "enable", True)
def test_it_restores_every_label(found: list[Target], goal: Goal, overwrite: bool) -> None:
    edits = [plan(t, goal, overwrite=overwrite) for t in found]
    objects = by_key([e.edited for e in edits])
    line = lines(undo(edits))
    assert bool(line) == any(e.changes for e in edits)
    if line:
        run(line, objects)
    assert objects == by_key(found)


def test_the_plain_case_reads_well() -> None:
    edits = [plan(namespace(name=n), "enable") for n in ("a", "b")]
    assert Aim((("--context", "lab"),)).say(undo(edits)[0]) == "kubectl ambient disable ns a b --context lab"


def test_objects_that_had_it_before_are_not_in_it() -> None:
    edits = [plan(namespace(name="a"), "enable"), plan(namespace("ambient", "b"), "enable")]
    assert lines(undo(edits)) == "kubectl ambient disable ns a"


def test_another_value_comes_back_by_kubectl_label() -> None:
    line = lines(undo([plan(namespace("none"), "enable", overwrite=True)]))
    assert line == "kubectl label ns shop istio.io/dataplane-mode=none --overwrite"


def many(value: str | None = None) -> list[Target]:
    return [namespace(value, f"n{i}") for i in range(30)]


def test_many_names_become_their_selection() -> None:
    edits = [plan(t, "enable") for t in many()]
    assert lines(undo(edits, selection=("ns -l", label("team", "a")))) == "kubectl ambient disable ns -l team=a"


def test_few_names_stay_names() -> None:
    line = lines(undo([plan(t, "enable") for t in many()[:20]], selection=("ns --all",)))
    assert "--all" not in line


def test_a_selection_by_the_label_itself_means_others_afterwards() -> None:
    line = lines(undo([plan(t, "enable") for t in many()], selection=("ns -l", typed("!istio.io/dataplane-mode"))))
    assert "n29" in line
    assert "-l" not in line


def test_a_selection_does_not_stand_for_different_ways_back() -> None:
    edits = [plan(t, "enable", overwrite=True) for t in [*many(), namespace("none", "odd")]]
    line = lines(undo(edits, selection=("ns --all",)))
    objects = by_key([e.edited for e in edits])
    run(line, objects)
    assert objects == by_key([e.target for e in edits])


def test_a_disabled_namespace_is_enabled_again() -> None:
    assert lines(undo([plan(namespace("ambient"), "disable")])) == "kubectl ambient enable ns shop"
    assert lines(undo([plan(namespace("ambient"), "opt-out")])) == "kubectl ambient enable ns shop --overwrite"
