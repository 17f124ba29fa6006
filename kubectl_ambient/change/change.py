"""A change as a whole: what is asked for, object by object, and what it does."""

from __future__ import annotations

from typing import Literal

from kubectl_ambient.change.effects import Effects
from kubectl_ambient.change.plan import Edit, Goal
from kubectl_ambient.change.planned import PlannedChange
from kubectl_ambient.change.rollout import restarts
from kubectl_ambient.change.targets import Target
from kubectl_ambient.cluster.facts import Namespace, Workload
from kubectl_ambient.mesh.enrolment.deciding import Decision
from kubectl_ambient.mesh.judge import Judge


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
        return self._decision(self.effects.after, edit.edited, 1)

    def beforehand(self, edit: Edit) -> Decision:
        """The same without any of the edits."""
        return self._decision(self.effects.before, edit.target, 0)

    def _decision(self, judge: Judge, target: Target, with_edits: Literal[0, 1]) -> Decision:
        if isinstance(target, Workload):
            return judge.next_of(target).decision
        if isinstance(target, Namespace):
            return judge.next_in(target.name).decision
        whole = self.effects.named.get((target.namespace, target.name))
        return judge.expected_of(whole[with_edits] if whole else target)
