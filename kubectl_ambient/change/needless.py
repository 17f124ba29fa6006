"""Workloads that a label would restart for nothing: their pods are in already, or it cannot put them in."""

from __future__ import annotations

from kubectl_ambient.change.change import Change
from kubectl_ambient.change.plan import Edit
from kubectl_ambient.change.rollout import restarts
from kubectl_ambient.cluster.facts import Workload
from kubectl_ambient.mesh.catalogue import Reason
from kubectl_ambient.mesh.judge import Judge

# Once ambient is installed, the label works without a restart: it may be set beforehand.
_MAY_COME = (Reason.AMBIENT_NOT_INSTALLED, Reason.AMBIENT_DISABLED, Reason.SELECTOR_INVALID)


def needless(change: Change) -> dict[int, str]:
    """Why the label gains nothing, by the place of the edit in the change.

    A workload with a pod that its restart moves is not among them, nor one whose next pod cannot be told.
    """
    if change.goal != "enable":
        return {}
    gaining = {
        (m.pod.namespace, str(m.owner)) for m in change.effects.pods if m.direction not in ("stays in", "stays out")
    }
    found = {}
    for place, edit in enumerate(change.edits):
        target = edit.target
        if not (edit.changes and isinstance(target, Workload) and restarts(target)):
            continue
        if (target.namespace, f"{target.kind}/{target.name}") not in gaining:
            why = _why(edit, change.effects.before, change.effects.after)
            if why:
                found[place] = why
    return found


def changes_nothing(edit: Edit, change: Change) -> bool:
    """Whether the next pod of a workload is the same with its label and without it, so that `enable` needs --force."""
    return isinstance(edit.target, Workload) and bool(_why(edit, change.effects.before, change.effects.after))


def _why(edit: Edit, before: Judge, after: Judge) -> str:
    """Empty where the next pod differs, or cannot be told."""
    assert isinstance(edit.target, Workload)
    assert isinstance(edit.edited, Workload)
    now, then = before.next_of(edit.target), after.next_of(edit.edited)
    if now.becomes != then.becomes or then.becomes == "unknown":
        return ""
    if then.becomes == "none" and then.decision.reason in _MAY_COME:
        return ""
    return f"in already: {now.why}" if now.becomes == "ambient" else f"the label cannot put it in: {then.why}"
