"""The plan of a change of waypoint labels: its edits, what is served then and what no more, and the way back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubectl_ambient.change.change_plan import ChangePlan, Move, PlannedEdit, Way, command_of, planned_edits
from kubectl_ambient.change.targets import kind_of, namespace_of
from kubectl_ambient.change.waypoint import effects
from kubectl_ambient.change.waypoint.effects import Served, WaypointChange
from kubectl_ambient.change.waypoint.notes import notes, remarks
from kubectl_ambient.change.waypoint.plan import WaypointEdit
from kubectl_ambient.change.waypoint.risky import Risks
from kubectl_ambient.change.waypoint.undo import undo
from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.mesh.waypoint.reference import USE_WAYPOINT
from kubectl_ambient.shell.words import Word

# What is served is in, what goes direct is out.
_WAYS: dict[effects.Way, Way] = {
    "gains": "in",
    "fails": "in",
    "loses": "out",
    "unserved": "stays out",
    "direct": "stays out",
    "unknown": "unknown",
}


def waypoint_plan(
    change: WaypointChange, risks: Risks, selection: Sequence[str | Word], untold: Sequence[str]
) -> ChangePlan:
    """The plan. selection: what stands for the names in the way back. untold: what could not be read."""
    back = command_of(undo(change.changing, selection=selection)) if change.changing else None
    return ChangePlan(
        goal="waypoint",
        edits=tuple(planned for edit in change.edits for planned in _edits(edit)),
        moves=tuple(map(_move, change.effects.objects)),
        risks=tuple(risks.found),
        undo=back,
        assumptions=tuple(dict.fromkeys([*untold, *change.effects.after.assumptions, *risks.untold])),
        notes=(*notes(change), *remarks(change)),
    )


def _edits(edit: WaypointEdit) -> Iterator[PlannedEdit]:
    before = edit.before.labels
    if edit.labels:
        yield from planned_edits(edit, before, edit.why)
        return
    ref = "/".join(part for part in (kind_of(edit.target), namespace_of(edit.target), edit.target.name) if part)
    value = before[USE_WAYPOINT]
    yield PlannedEdit(
        object=ref,
        field=f"metadata.labels[{USE_WAYPOINT}]",
        before=value,
        after=value,
        action="refuse" if edit.action == "refuse" else "keep",
        why=edit.why,
    )


def _move(served: Served) -> Move:
    target, after = served.target, served.after
    way = served.way
    direction = _WAYS.get(way) or ("stays in" if after.waypoint else "stays out")
    return Move(
        object=after.ref,
        namespace=target.namespace,
        pod=target.name if isinstance(target, Pod) else None,
        owner=str(target.owner) if isinstance(target, Pod) and target.owner else None,
        direction=direction,
        when="now",
        reason=str(after.reason),
        message=after.message,
    )
