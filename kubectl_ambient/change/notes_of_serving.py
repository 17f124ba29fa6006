"""That what moves in will not be served: the mesh redirects a pod whether or not anything can come of it."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.change.change import Change
from kubectl_ambient.cluster.facts import Namespace
from kubectl_ambient.mesh.few import few
from kubectl_ambient.shell.command import Sentence, joined


def unserved(change: Change) -> Iterator[Sentence]:
    """What keeps the pods of the edits from being served, and the command that mends it; each once."""
    if change.goal != "enable":
        return
    homes: dict[str, list[str]] = {}
    fixes = {}
    for edit in change.changing:
        if change.afterwards(edit).expected != "in":
            continue
        home = edit.target.name if isinstance(edit.target, Namespace) else edit.target.namespace
        for finding in change.effects.after.awaiting(home):
            homes.setdefault(finding.message, []).append(home)
            fixes[finding.message] = finding.fix
    for message, places in homes.items():
        where = few(list(dict.fromkeys(places)))
        fix = fixes[message]
        yield joined(f"what moves in (namespace {where}) is not served: {message}", ("; first: ", fix) if fix else "")
