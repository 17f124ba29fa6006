"""One run of `enable` or `disable` on a cluster."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.change.change import Change
from kubectl_ambient.change.effects import Direction, effects
from kubectl_ambient.change.notes import notes
from kubectl_ambient.change.plan import Edit, plan
from kubectl_ambient.change.undo import undo
from kubectl_ambient.kube.resources import Resource
from kubectl_ambient.render.change import NO_RESTART, NOT_CARRIED_OVER, Tense, moves, wrapped
from kubectl_ambient.runs.change.label_run import LabelRun
from kubectl_ambient.runs.change.preview import read_surroundings
from kubectl_ambient.runs.change.remarks import tell
from kubectl_ambient.runs.change.request import ChangeRequest
from kubectl_ambient.runs.change.targets import Fields, Found, Item, fact
from kubectl_ambient.runs.told import told_assumptions
from kubectl_ambient.shell.command import Offer
from kubectl_ambient.shell.words import Word


class Run(LabelRun[Edit]):
    """Tells which pods the change moves."""

    def __init__(self, request: ChangeRequest) -> None:
        super().__init__(request)
        self._can_tell_moves = False
        self._last: Change | None = None

    def _plan(self, resource: Resource, fields: Fields) -> Edit:
        flags = self._request.flags
        return plan(fact(resource, fields), flags.goal, overwrite=flags.overwrite)

    def _read_surroundings(self, found: Found[Edit]) -> None:
        """Needed where something moves; and `disable` tells why a pod stays in even if it had no label."""
        targets = [i.edit.target for i in found.items if i.edit.action != "refuse"]
        if not any(i.edit.changes for i in found.items) and (self._request.flags.goal == "enable" or not targets):
            return
        self._snapshot, unread = read_surroundings(self._client, targets, self._request)
        self._can_tell_moves = not unread
        if unread:
            tell([f"What this moves cannot be told: {unread}"])

    def _change(self, items: list[Item[Edit]]) -> Change | None:
        if self._snapshot is None:
            return None
        edits = tuple(item.edit for item in items)
        # What was done is mostly all that was to be done, and so was judged before.
        if self._last is None or self._last.edits != edits:
            self._last = Change(goal=self._request.flags.goal, edits=edits, effects=effects(self._snapshot, edits))
        return self._last

    def _tell_before(self, items: list[Item[Edit]]) -> None:
        """What the change leaves where it is, and all that one may want to know before it is made."""
        change = self._change(items)
        if change is None:
            return
        self._tell_notes(change)
        # Those that stay in are told by the notes, with the way out.
        self._tell_moves(change, ("stays out", "unknown") if change.goal == "enable" else ("unknown",), "does")

    def _tell_notes(self, change: Change) -> None:
        tell(wrapped("‼ ", note, self._width, self._aim) for note in notes(change))
        if self._can_tell_moves:
            assumed = told_assumptions(change.effects.after.assumptions, each=self._request.flags.assumptions)
            tell(wrapped("assumed: ", text, self._width) for text in assumed)

    def _tell_moves(self, change: Change, directions: tuple[Direction, ...], tense: Tense) -> None:
        if not self._can_tell_moves:
            return
        tell(moves(change.effects, directions, tense, self._width))

    def _tell_dry_run(self, items: list[Item[Edit]]) -> None:
        change = self._change([item for item in items if item.state == "done"])
        if change is None:
            return
        stay: Direction = "stays out" if change.goal == "enable" else "stays in"
        self._tell_moves(change, ("in", "out", stay, "unknown"), "would")
        self._tell_no_restart(change, "would")
        self._tell_notes(change)

    def _tell_no_restart(self, change: Change, tense: Tense) -> None:
        if self._can_tell_moves and (change.effects.of("in", at="now") or change.effects.of("out", at="now")):
            tell([("" if change.restarts else NO_RESTART) + NOT_CARRIED_OVER[tense]])

    def _tell_after(self, done: list[Item[Edit]]) -> None:
        change = self._change(done)
        if change is not None:
            self._tell_moves(change, ("in", "out"), "does")
            self._tell_no_restart(change, "does")

    def _undo(self, edits: Sequence[Edit], selection: Sequence[str | Word]) -> list[Offer]:
        return undo(edits, selection=selection)
