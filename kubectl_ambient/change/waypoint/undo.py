"""The line that undoes a change of waypoint labels: commands that put both back to what they were."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from kubectl_ambient.change.targets import kind_of, namespace_of, typed
from kubectl_ambient.change.waypoint.plan import UNSET, WaypointEdit
from kubectl_ambient.change.words import grouped
from kubectl_ambient.mesh.waypoint.reference import USE_WAYPOINT

_FEW = 20  # so many names still fit the eye; a selector may mean others tomorrow


def undo(edits: Sequence[WaypointEdit], *, flags: str = "", selection: str = "") -> str:
    """One line for the shell; empty where nothing was changed.

    `flags` are the connection flags that were typed. `selection` (`svc -l team=a`) stands for the names where there
    are many: it must mean exactly the edited objects, and still do so after the change.
    """
    groups = grouped(((_back(edit), namespace_of(edit.target)), edit) for edit in edits if edit.changes)
    short = selection if len(groups) == 1 and len(edits) > _FEW and USE_WAYPOINT not in selection else ""
    commands = []
    for (back, namespace), group in groups.items():
        program, *values = back
        where = short or _names(group) + (f" -n {namespace}" if namespace else "")
        commands.append(" ".join([program, where, *values]) + flags)
    return " && ".join(commands)


def _back(edit: WaypointEdit) -> tuple[str, ...]:
    """The command and its values: ours where nothing was set before, else kubectl's own, which restores all exactly."""
    if edit.before == UNSET and not edit.after.opts_out:
        return ("kubectl ambient waypoint disable",)
    before = edit.before.labels
    values = [f"{key}-" if before[key] is None else shlex.quote(f"{key}={before[key]}") for key in edit.labels]
    overwrite = ["--overwrite"] if any(before[key] is not None for key in edit.labels) else []
    return ("kubectl label", *values, *overwrite)


def _names(group: Sequence[WaypointEdit]) -> str:
    """`svc a b`, or `svc/a pod/b` where there are several kinds."""
    kinds = list(dict.fromkeys(kind_of(edit.target) for edit in group))
    if len(kinds) == 1:
        return " ".join([typed(kinds[0]), *(shlex.quote(edit.target.name) for edit in group)])
    return " ".join(shlex.quote(f"{typed(kind_of(edit.target))}/{edit.target.name}") for edit in group)
