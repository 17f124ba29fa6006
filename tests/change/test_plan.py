"""What is done with the label of one object, value by value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_ambient.change.plan import Goal, plan
from kubectl_ambient.change.planned import Action
from kubectl_ambient.change.targets import KINDS, Target, labels_of, value_of
from tests.lines import said

from .objects import namespace, owner, pod, targets, workload

GOALS: tuple[Goal, ...] = ("enable", "disable", "opt-out")
goals = st.sampled_from(GOALS)


@pytest.mark.parametrize(
    ("goal", "before", "overwrite", "action", "after"),
    [
        ("enable", None, False, "set", "ambient"),
        ("enable", "ambient", False, "nothing", "ambient"),
        ("enable", "none", False, "refuse", "none"),
        ("enable", "none", True, "set", "ambient"),
        ("enable", "", False, "refuse", ""),
        ("enable", "Kmesh", True, "set", "ambient"),
        ("disable", None, False, "nothing", None),
        ("disable", "ambient", False, "remove", None),
        ("disable", "none", False, "nothing", "none"),
        ("disable", "none", True, "nothing", "none"),
        ("disable", "Ambient", False, "nothing", "Ambient"),
        ("disable", "Ambient", True, "remove", None),
        ("disable", "", True, "remove", None),
        ("opt-out", None, False, "set", "none"),
        ("opt-out", "ambient", False, "set", "none"),
        ("opt-out", "none", False, "nothing", "none"),
        ("opt-out", "Kmesh", False, "refuse", "Kmesh"),
        ("opt-out", "Kmesh", True, "set", "none"),
    ],
)
@pytest.mark.parametrize("make", [namespace, pod, lambda value: workload(value=value)])
def test_value(make, goal: Goal, before: str | None, overwrite: bool, action: Action, after: str | None) -> None:  # type: ignore[no-untyped-def]
    edit = plan(make(before), goal, overwrite=overwrite)
    assert (edit.action, edit.before, edit.after) == (action, before, after)


def test_another_value_is_refused_in_the_words_of_kubectl_label() -> None:
    words = "'istio.io/dataplane-mode' already has a value (none), and --overwrite is false"
    assert plan(namespace("none"), "enable").why == words


def test_a_value_that_disable_leaves_is_told() -> None:
    assert "namespace's label would decide" in said(plan(pod("none"), "disable").why)
    assert "does not ask for ambient" in said(plan(namespace("none"), "disable").why)
    assert "--overwrite takes it off" in said(plan(pod("Kmesh"), "disable").why)
    assert plan(pod(None), "disable").why == ""


def test_words_of_kubectl() -> None:
    assert plan(namespace(), "enable").word == "labeled"
    assert plan(namespace("ambient"), "disable").word == "unlabeled"
    assert plan(namespace("ambient"), "enable").word == "not labeled"


@given(targets(), goals, st.booleans())
def test_done_twice_there_is_nothing_to_do(target: Target, goal: Goal, overwrite: bool) -> None:
    once = plan(target, goal, overwrite=overwrite)
    again = plan(once.edited, goal, overwrite=overwrite)
    assert not again.changes
    assert again.action == ("refuse" if once.action == "refuse" else "nothing")


@given(targets(), goals, st.booleans())
def test_no_other_label_is_touched(target: Target, goal: Goal, overwrite: bool) -> None:
    edit = plan(target, goal, overwrite=overwrite)
    before, after = dict(labels_of(target)), dict(labels_of(edit.edited))
    for labels in (before, after):
        labels.pop("istio.io/dataplane-mode", None)
    assert before == after
    assert value_of(edit.edited) == edit.after


def test_a_replicaset_is_answered_with_its_deployment() -> None:
    edit = plan(workload("ReplicaSet", name="web-5d9", owner=owner("Deployment", "web")), "enable")
    assert edit.action == "refuse"
    assert "kubectl ambient enable deploy/web -n shop" in said(edit.why)


def test_a_replicaset_of_its_own_is_labelled() -> None:
    assert plan(workload("ReplicaSet"), "enable").action == "set"
    assert plan(workload("ReplicaSet", owner=owner("Rollout", "web")), "enable").action == "set"


def test_a_job_cannot_be_changed() -> None:
    edit = plan(workload("Job", name="load"), "opt-out")
    assert edit.action == "refuse"
    assert "kubectl ambient disable pod -l job-name=load -n shop --opt-out" in said(edit.why)


def test_a_job_of_a_cronjob_is_answered_with_it() -> None:
    edit = plan(workload("Job", name="load-1", owner=owner("CronJob", "load")), "enable")
    assert "kubectl ambient enable cronjob/load -n shop" in said(edit.why)


def test_a_suspended_job_is_left_to_the_server() -> None:
    assert plan(workload("Job", paused=True), "enable").action == "set"


def test_a_job_that_has_it_needs_nothing() -> None:
    assert plan(workload("Job", "ambient"), "enable").action == "nothing"


@pytest.mark.parametrize("kind", KINDS)
def test_in_a_manifest_everything_can_be_labelled(kind: str) -> None:
    target: Target = namespace() if kind == "Namespace" else pod() if kind == "Pod" else workload(kind)
    assert plan(target, "enable", manifest=True).action == "set"
