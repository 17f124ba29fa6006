"""One run of `enable` or `disable` on a cluster."""

from __future__ import annotations

import sys

from kubectl_ambient.change.change import Change
from kubectl_ambient.change.effects import Direction, effects
from kubectl_ambient.change.notes import notes
from kubectl_ambient.change.plan import Edit, plan
from kubectl_ambient.change.undo import undo
from kubectl_ambient.cli.change_apply import Applier
from kubectl_ambient.cli.change_outcome import (
    tell_failures,
    tell_nothing_found,
    tell_refusals,
    without_protected,
)
from kubectl_ambient.cli.change_output import connection_flags, print_results, selection_text
from kubectl_ambient.cli.change_preview import read_surroundings
from kubectl_ambient.cli.change_remarks import tell
from kubectl_ambient.cli.change_request import ChangeRequest
from kubectl_ambient.cli.change_targets import Fields, Found, Item, TargetReader, fact
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.api import connect
from kubectl_ambient.kube.resources import Resource
from kubectl_ambient.render.change import NO_RESTART, Tense, moves, wrapped
from kubectl_ambient.render.terminal import text_width


class Run:
    """Reads what is to be labelled and what that moves, tells it, writes it, and tells how to undo it."""

    def __init__(self, request: ChangeRequest) -> None:
        self._request = request
        self._client = connect(request.connection, on_warning=lambda text: tell([f"Warning: {text}"]))
        self._reader = TargetReader(self._client, request, self._plan)
        self._snapshot: Snapshot | None = None
        self._can_tell_moves = False
        self._left_out = False
        self._width = text_width(sys.stderr)

    def _plan(self, resource: Resource, fields: Fields) -> Edit:
        flags = self._request.flags
        return plan(fact(resource, fields), flags.goal, overwrite=flags.overwrite)

    def run(self) -> int:
        """The exit code. Raises KubeError where nothing could be read; then nothing was changed."""
        found = self._reader.read()
        if not found.items and not found.errors:
            tell_nothing_found(self._request, self._client.namespace)
            return 0
        self._read_surroundings(found)
        items = without_protected(found.items, self._request, self._snapshot)
        self._left_out = len(items) < len(found.items)
        code = tell_refusals(found, items)
        wanted = [item for item in items if item.edit.action != "refuse"]
        if self._request.dry_run == "none":
            self._tell_before(wanted)
        code = self._write(wanted) or code
        if self._request.dry_run != "none":
            self._tell_dry_run(wanted)
        return code

    def _read_surroundings(self, found: Found[Edit]) -> None:
        """Needed where something moves; and `disable` tells why a pod stays in even if it had no label."""
        targets = [i.edit.target for i in found.items if i.edit.action != "refuse"]
        if not any(i.edit.changes for i in found.items) and (self._request.flags.goal == "enable" or not targets):
            return
        self._snapshot, unread = read_surroundings(self._client, targets, self._request.flags.chunk_size)
        self._can_tell_moves = not unread
        if unread:
            tell([f"What this moves cannot be told: {unread}"])

    def _change(self, items: list[Item[Edit]]) -> Change | None:
        if self._snapshot is None:
            return None
        edits = tuple(item.edit for item in items)
        return Change(goal=self._request.flags.goal, edits=edits, effects=effects(self._snapshot, edits))

    def _tell_before(self, items: list[Item[Edit]]) -> None:
        """What the change leaves where it is, and all that one may want to know before it is made."""
        change = self._change(items)
        if change is None:
            return
        self._tell_notes(change)
        # Those that stay in are told by the notes, with the way out.
        self._tell_moves(change, ("stays out", "unknown") if change.goal == "enable" else ("unknown",), "does")

    def _tell_notes(self, change: Change) -> None:
        tell(wrapped("‼ ", note, self._width) for note in notes(change))
        if self._can_tell_moves:
            tell(wrapped("assumed: ", text, self._width) for text in change.effects.after.assumptions)

    def _tell_moves(self, change: Change, directions: tuple[Direction, ...], tense: Tense) -> None:
        if not self._can_tell_moves:
            return
        tell(moves(change.effects, directions, tense, self._width))

    def _tell_dry_run(self, items: list[Item[Edit]]) -> None:
        change = self._change([item for item in items if item.error is None])
        if change is None:
            return
        stay: Direction = "stays out" if change.goal == "enable" else "stays in"
        self._tell_moves(change, ("in", "out", stay, "unknown"), "would")
        self._tell_no_restart(change, "would")
        self._tell_notes(change)

    def _tell_no_restart(self, change: Change, tense: Tense) -> None:
        if self._can_tell_moves and (change.effects.of("in", at="now") or change.effects.of("out", at="now")):
            tell([NO_RESTART[tense]])

    def _write(self, items: list[Item[Edit]]) -> int:
        """Patch, print what was done, and how to undo it: also after Ctrl-C, for what was done until then."""
        applier = Applier(self._client, self._request, self._reader)
        try:
            if self._request.dry_run != "client":
                applier.apply(items)
        finally:
            print_results(items, self._request)
            tell_failures(items)
            if self._request.dry_run == "none":
                self._tell_after([item for item in items if item.error is None and item.edit.action != "refuse"])
        return 1 if any(item.error or item.edit.action == "refuse" for item in items) else 0

    def _tell_after(self, done: list[Item[Edit]]) -> None:
        change = self._change(done)
        if change is not None:
            self._tell_moves(change, ("in", "out"), "does")
            self._tell_no_restart(change, "does")
        changed = [item.edit for item in done]
        whole = not self._left_out and all(item.edit.changes for item in done)
        selection = selection_text(self._request, self._client.namespace) if whole else ""
        line = undo(changed, flags=connection_flags(self._request.connection), selection=selection)
        if line:
            tell([f"undo: {line}"])
