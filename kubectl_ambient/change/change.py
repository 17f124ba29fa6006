"""A change as a whole: what is asked for, object by object, and what it does."""

from __future__ import annotations

from kubectl_ambient.change.effects import Effects
from kubectl_ambient.change.plan import Edit, Goal
from kubectl_ambient.change.planned import PlannedChange
from kubectl_ambient.change.rollout import restarts
from kubectl_ambient.cluster.facts import Pod, Workload
from kubectl_ambient.mesh.enrolment import Decision


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
        after, target = self.effects.after, edit.edited
        if isinstance(target, Workload):
            return after.next_of(target).decision
        return after.expected_of(target) if isinstance(target, Pod) else after.next_in(target.name).decision
