"""The plan of a change of the mode's label: its edits, who moves, what it risks, and the way back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubectl_ambient.change.change import Change
from kubectl_ambient.change.change_plan import ChangePlan, Move, Way, command_of, planned_edits
from kubectl_ambient.change.effects import Direction, Moved
from kubectl_ambient.change.needless import changes_nothing
from kubectl_ambient.change.notes import beside_risks
from kubectl_ambient.change.plan import Edit
from kubectl_ambient.change.risky import Risks
from kubectl_ambient.change.targets import key_of
from kubectl_ambient.change.undo import undo
from kubectl_ambient.cluster.facts import DATAPLANE_MODE
from kubectl_ambient.shell.words import Word

# By their labels; that agents are in the way is a risk of its own.
_WAYS: dict[Direction, Way] = {
    "in": "in",
    "doubtful": "in",
    "not in": "stays out",
    "cut off": "in",
    "out": "out",
    "held in": "stays in",
    "stays in": "stays in",
    "stays out": "stays out",
    "unknown": "unknown",
}


def change_plan(
    change: Change,
    risks: Risks,
    selection: Sequence[str | Word],
    untold: Sequence[str],
    assumed: Sequence[str] = (),
) -> ChangePlan:
    """The plan. selection: what stands for the names in the way back. untold: why nothing is known of the pods.

    assumed: what was taken for granted besides.
    """
    edits = [planned for edit in change.edits for planned in planned_edits(edit, _before(edit), edit.why)]
    forced = () if untold else [key_of(edit.target) for edit in change.changing if changes_nothing(edit, change)]
    back = command_of(undo(change.changing, selection=selection, forced=forced)) if change.changing else None
    if untold:
        return ChangePlan(
            goal=change.goal, edits=tuple(edits), moves=(), risks=(), undo=back, assumptions=tuple(untold)
        )
    return ChangePlan(
        goal=change.goal,
        edits=tuple(edits),
        moves=tuple(_moves(change)),
        risks=tuple(risks.found),
        undo=back,
        assumptions=tuple(dict.fromkeys([*assumed, *change.effects.after.assumptions, *risks.untold])),
        notes=tuple(beside_risks(change)),
    )


def _before(edit: Edit) -> dict[str, str | None]:
    return {DATAPLANE_MODE: edit.before}


def _moves(change: Change) -> Iterator[Move]:
    for moved in sorted(change.effects.pods, key=lambda m: (m.pod.namespace, m.pod.name)):
        yield Move(
            object=moved.pod.ref,
            namespace=moved.pod.namespace,
            pod=moved.pod.name,
            owner=str(moved.owner) if moved.owner else None,
            direction=_WAYS[moved.direction],
            when=moved.when,
            reason=str(moved.reason),
            message=_message(moved),
            after_restart=moved.after_restart,
        )


def _message(moved: Moved) -> str:
    """What decides; or the agent that is in the way."""
    if moved.agent is not None and moved.direction in ("not in", "held in"):
        return f"{moved.message}; {moved.agent.program} on {moved.pod.node or 'its node'} does not serve it"
    return moved.message
