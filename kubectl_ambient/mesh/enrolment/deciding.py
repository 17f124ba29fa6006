"""Should this pod be in ambient mode? The rules are asked in order, and the first answer decides.

The trace that `explain` prints is the same run of the same rules.
"""

from __future__ import annotations

from msgspec import Struct, structs

from kubectl_ambient.mesh.catalogue import Expected, Reason
from kubectl_ambient.mesh.enrolment.rules import ASKED, RULES, Case
from kubectl_ambient.mesh.evidence import Step


class Decision(Struct, frozen=True, gc=False):
    """What should be, by the reason that decided it; `steps` holds the trace where one was wanted."""

    expected: Expected
    reason: Reason
    because: Step
    steps: tuple[Step, ...] = ()


def decide(case: Case, *, trace: bool = False) -> Decision:
    """Ask the rules in order: the first `out` or refusal decides; with none, the pod is in by what asked for it.

    A question that could not be answered (an unreadable Namespace) decides only if no later rule keeps the pod
    out anyway.
    """
    decided: Step | None = None
    asked: Step | None = None
    steps: list[Step] = []
    for rule in RULES:
        step = rule.ask(case)
        if decided is None:
            if step.outcome == "out" or (step.outcome == "unknown" and rule is not ASKED):
                decided = step
                if not trace:
                    break
            elif rule is ASKED:
                asked = step
            steps.append(step)
        else:
            steps.append(structs.replace(step, outcome="skipped"))
    last = decided or asked
    assert last is not None  # ASKED is one of the rules
    assert isinstance(last.reason, Reason)  # a rule that decides says why
    return Decision(last.reason.expected, last.reason, last, tuple(steps) if trace else ())
