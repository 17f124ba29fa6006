"""The line that undoes a change: commands that put every label back to what it was."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from kubectl_ambient.change.patch import merge_patch
from kubectl_ambient.change.plan import Edit
from kubectl_ambient.change.targets import key_of, kind_of, typed
from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Workload

_FEW = 20  # so many names still fit the eye; a selector may mean others tomorrow


def undo(edits: Sequence[Edit], *, flags: str = "", selection: str = "") -> str:
    """One line for the shell; empty where nothing was changed.

    `flags` are the connection flags that were typed. `selection` (`ns -l team=a`) stands for the names where there
    are many: it must mean exactly the edited objects, and still do so after the change.
    """
    groups: dict[tuple[str, str, str | None], list[Edit]] = {}
    for edit in edits:
        if edit.changes:
            groups.setdefault(_group(edit), []).append(edit)
    short = selection if len(groups) == 1 and len(edits) > _FEW and DATAPLANE_MODE not in selection else ""
    commands = [_command(group, short) for group in groups.values()]
    return " && ".join(f"{command}{flags}" for command in commands)


def _group(edit: Edit) -> tuple[str, str, str | None]:
    """What one command can undo: the same way back, in one namespace."""
    kind, namespace, name = key_of(edit.target)
    way = _way(edit)
    return way, namespace if way != "patch" else f"{kind}/{namespace}/{name}", edit.before


def _way(edit: Edit) -> str:
    """`enable`, `disable`, `opt-out`, or kubectl's own `label`; for a template, which that cannot reach, `patch`."""
    if edit.before == "ambient":
        return "enable"
    if edit.before is None and edit.after == "ambient":
        return "disable"
    if not isinstance(edit.target, Workload):
        return "label"
    return "opt-out" if edit.before == "none" else "patch"


def _command(group: Sequence[Edit], selection: str) -> str:
    first = group[0]
    namespace = key_of(first.target)[1]
    objects = selection or _names(group) + (f" -n {namespace}" if namespace else "")
    match _way(first):
        case "enable":
            return f"kubectl ambient enable {objects}" + (" --overwrite" if first.after is not None else "")
        case "disable":
            return f"kubectl ambient disable {objects}"
        case "opt-out":
            return f"kubectl ambient disable {objects} --opt-out"
        case "label":
            value = "-" if first.before is None else f"={first.before} --overwrite"
            return f"kubectl label {objects} {DATAPLANE_MODE}{value}"
    back = Edit(target=first.target, action="set", before=first.after, after=first.before)
    patch = json.dumps(merge_patch(back), separators=(",", ":"))
    return f"kubectl patch {objects} --type=merge -p {shlex.quote(patch)}"


def _names(group: Sequence[Edit]) -> str:
    """`ns a b`, or `deploy/web sts/db` where there are several kinds."""
    kinds = list(dict.fromkeys(kind_of(edit.target) for edit in group))
    if len(kinds) == 1:
        return " ".join([typed(kinds[0]), *(shlex.quote(edit.target.name) for edit in group)])
    return " ".join(shlex.quote(f"{typed(kind_of(edit.target))}/{edit.target.name}") for edit in group)
