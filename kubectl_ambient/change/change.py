"""A change as a whole: what is asked for, object by object, and what it does."""

from __future__ import annotations

from kubectl_ambient.change.effects import Effects
from kubectl_ambient.change.plan import Edit, Goal
from kubectl_ambient.change.planned import PlannedChange
from kubectl_ambient.change.rollout import restarts
from kubectl_ambient.change.targets import Target
from kubectl_ambient.cluster.facts import Pod, Workload
from kubectl_ambient.mesh.enrolment import Decision
from kubectl_ambient.mesh.verdict import Judge


class Change(PlannedChange[Edit], frozen=True, kw_only=True):
    """The goal, the edits, and their effects on the pods that they reach."""

    goal: Goal
    effects: Effects

    @property
    def restarts(self) -> bool:
        """Whether it restarts pods."""
        return any(isinstance(e.target, Workload) and restarts(e.target) for e in self.changing)

    def afterwards(self, edit: Edit) -> Decision:
        """What is decided by this edit: for the pod, for the workload's next one, for one without labels."""
        return _decision(self.effects.after, edit.edited)

    def beforehand(self, edit: Edit) -> Decision:
        """The same without any of the edits."""
        return _decision(self.effects.before, edit.target)


def _decision(judge: Judge, target: Target) -> Decision:
    if isinstance(target, Workload):
        return judge.next_of(target).decision
    return judge.expected_of(target) if isinstance(target, Pod) else judge.next_in(target.name).decision
