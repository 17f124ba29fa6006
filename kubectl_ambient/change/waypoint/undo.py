"""The line that undoes a change of waypoint labels: commands that put both back to what they were."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.change.targets import names_of, namespace_of
from kubectl_ambient.change.undo import in_a_row, mentions, whole_or_each
from kubectl_ambient.change.waypoint.plan import UNSET, WaypointEdit
from kubectl_ambient.change.words import grouped
from kubectl_ambient.mesh.waypoint.reference import USE_WAYPOINT
from kubectl_ambient.shell.command import Offer, kubectl
from kubectl_ambient.shell.words import Word, inside, label

_FEW = 20  # so many names still fit the eye; a selector may mean others tomorrow


def undo(edits: Sequence[WaypointEdit], *, selection: Sequence[str | Word] = ()) -> list[Offer]:
    """One command, and why there is none for what it does not put back; empty where nothing was changed.

    `selection` (`svc -l team=a`) stands for the names where there are many: it must mean exactly the edited objects,
    and still do so after the change.
    """
    groups = grouped(((_back(edit), namespace_of(edit.target)), edit) for edit in edits if edit.changes)
    many = len(groups) == 1 and len(edits) > _FEW and not mentions(selection, USE_WAYPOINT)
    found = (whole_or_each(lambda part: _command(part, selection if many else ()), group) for group in groups.values())
    return in_a_row([offer for offers in found for offer in offers])


def _command(group: Sequence[WaypointEdit], selection: Sequence[str | Word]) -> Offer:
    verb, *values = _back(group[0])
    objects = selection or (*names_of([edit.target for edit in group]), *inside(namespace_of(group[0].target)))
    return kubectl(verb, *objects, *values)


def _back(edit: WaypointEdit) -> tuple[str | Word, ...]:
    """The command and its values: ours where nothing was set before, else kubectl's own, which restores all exactly."""
    if edit.before == UNSET and not edit.after.opts_out:
        return ("ambient waypoint disable",)
    before = edit.before.labels
    overwrite = ("--overwrite",) if any(before[key] is not None for key in edit.labels) else ()
    return ("label", *(label(key, before[key]) for key in edit.labels), *overwrite)
