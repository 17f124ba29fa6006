"""One run on a cluster of a command that sets labels or takes them off, whichever they are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from functools import partial
from typing import Generic

from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.resources import Resource
from kubectl_ambient.render.terminal import text_width
from kubectl_ambient.runs.aim import aim_of
from kubectl_ambient.runs.change.account import Account
from kubectl_ambient.runs.change.apply import INTERRUPTED, Applier
from kubectl_ambient.runs.change.attempt import Attempt
from kubectl_ambient.runs.change.batches import Batches
from kubectl_ambient.runs.change.beginning import Beginning, connected
from kubectl_ambient.runs.change.outcome import tell_nothing_found, tell_refusals, without_protected
from kubectl_ambient.runs.change.outlets import Outlets
from kubectl_ambient.runs.change.output import selection_words
from kubectl_ambient.runs.change.remarks import tell
from kubectl_ambient.runs.change.request import ChangeRequest
from kubectl_ambient.runs.change.targets import E, Fields, Found, Item, TargetReader
from kubectl_ambient.runs.change.where import where_to
from kubectl_ambient.runs.ending import Broken, Signals
from kubectl_ambient.shell.command import Offer
from kubectl_ambient.shell.words import Word

GATED = 3
Waiter = Callable[[Sequence[E], Signals], bool]
"""Waits for what edits reach, and tells how that ended; whether all of it is where it should be."""


class LabelRun(Generic[E]):
    """Reads what is to be labelled and what that does, tells it, writes it, and tells how to undo it."""

    def __init__(self, request: ChangeRequest, beginning: Beginning | None = None) -> None:
        self._request = request
        # Warnings come in the threads that ask, and are told by the one that tells everything.
        self._client, self._warnings, self._early = beginning or connected(request)
        self._reader = TargetReader(self._client, request, self._plan)
        self._snapshot: Snapshot | None = None
        self._selected = 0
        self._width = text_width(sys.stderr)
        self._aim = aim_of(request.connection)

    def run(self) -> int:
        """The exit code. Raises KubeError where nothing could be read; then nothing was changed."""
        found = self._read()
        if found is None:
            return 0
        items = without_protected(found.items, self._request, self._snapshot)
        self._selected = len(found.items) + len(found.errors)
        self._check(items)
        code = tell_refusals(found, items, self._aim)
        wanted = [item for item in items if item.edit.action != "refuse"]
        if any(item.edit.changes for item in wanted):
            tell(where_to(self._request.connection))
        dry, gated = self._request.dry_run != "none", self._gated(wanted)
        if gated and not dry:
            return GATED
        if not dry:
            self._tell_before(wanted)
        waits = wanted and self._request.flags.wait and not dry
        waiter = self._waiter(wanted) if waits else None
        with Signals() as signals:
            code = self._write(wanted, signals, waiter) or code
        if dry:
            self._tell_dry_run(wanted)
        return GATED if gated else code

    def _read(self) -> Found[E] | None:
        """The objects, with what lies around them; None where there are none, which is told."""
        try:
            found = self._reader.read()
            if not found.items and not found.errors:
                tell_nothing_found(self._request, self._client.namespace)
                return None
            self._read_surroundings(found)
        finally:
            self._tell_warnings()
        return found

    def _write(self, items: list[Item[E]], signals: Signals, waiter: Waiter[E] | None) -> int:
        """Patch, and tell what became of each, whatever ends that; wait for what was done."""
        account = Account(self._request, Outlets(self._request.flags.output, signals))
        attempt = Attempt(self._client, self._request, self._reader)

        def say(line: str) -> None:
            with suppress(Broken), signals.breaking(2):
                tell([line])

        batches = Batches(items, self._request.flags.batch if waiter else None, say)

        def applier() -> Applier[E]:
            applier = Applier(attempt, signals, account.done, partial(self._tell_warnings, signals))
            if account.reaches_nobody:
                applier.stop("nobody can be told what is done")
            return applier

        def settles(batch: Sequence[Item[E]]) -> bool:
            done = [item.edit for item in batch if item.state == "done"]
            return waiter is None or not done or waiter(done, signals)

        batches.write(applier, settles, send=self._request.dry_run != "client")
        try:
            self._tell_warnings(signals)
            why = INTERRUPTED if signals.number else batches.why
            account.close(items, why, self._undo_lines)
            if self._request.dry_run == "none":
                with suppress(Broken), signals.breaking(2):
                    self._tell_after([item for item in items if item.state == "done"])
        finally:
            account.undo([*self._go_on_lines(items, batches.unsettled), *self._undo_done(items)])
        if isinstance(batches.bug, Exception):
            raise batches.bug
        failed = account.failed or any(item.state != "done" for item in items)
        if batches.last and not signals.number and not settles(batches.last):
            failed = True
            account.undo([*self._go_on_lines(items, batches.last), *self._undo_done(items)])
        if signals.number:
            return 128 + signals.number
        if failed or batches.unsettled:
            return 1
        if batches.count > 1:
            say(f"all {batches.count} batches have settled")
        return 0

    def _tell_warnings(self, signals: Signals | None = None) -> None:
        """What the server warned of; a second signal breaks it off."""
        with suppress(Broken), signals.breaking(2) if signals else nullcontext():
            while not self._warnings.empty():
                tell([f"Warning: {self._warnings.get()}"])

    def _undo_lines(self, edits: Sequence[E], selection: Sequence[str | Word] = ()) -> list[str]:
        """The way back, in lines; none where nothing was changed."""
        return [f"undo: {self._aim.say(offer)}" for offer in self._undo(edits, selection)]

    def _undo_done(self, items: list[Item[E]]) -> list[str]:
        if self._request.dry_run != "none":
            return []
        done = [item for item in items if item.state == "done"]
        # A selector stands for the names only where each object that it means was changed.
        whole = len(done) == self._selected and all(item.edit.changes for item in done)
        selection = selection_words(self._request, self._client.namespace) if whole else ()
        return self._undo_lines([item.edit for item in done], selection)

    def _go_on_lines(self, items: list[Item[E]], unsettled: Sequence[Item[E]]) -> list[str]:
        """The line that goes on from what did not settle; none where all did."""
        if not unsettled:
            return []
        from kubectl_ambient.runs.waiting.go_on import go_on

        waited = {id(item) for item in unsettled}
        left = [item for item in items if id(item) in waited or item.state != "done"]
        offer = go_on(self._request, self._client.namespace, left)
        return [f"to go on: {self._aim.say(offer) if offer else 'the same line again'}"]

    def _waiter(self, items: list[Item[E]]) -> Waiter[E] | None:
        """What waits for edits of these. Raises KubeError where it could not; then nothing was changed."""

    def _plan(self, resource: Resource, fields: Fields) -> E:
        """The edit of an object as it came from the API."""
        raise NotImplementedError

    def _read_surroundings(self, found: Found[E]) -> None:
        """Read into `_snapshot` what decides about the objects, where that is needed."""
        raise NotImplementedError

    def _check(self, items: list[Item[E]]) -> None:
        """Refuse what must not be done, by what lies around it."""

    def _gated(self, items: list[Item[E]]) -> bool:
        """Whether --fail-on names a risk of it: then a real run does nothing, which is told."""
        return False

    def _tell_before(self, items: list[Item[E]]) -> None:
        """What the change leaves where it is, and all that one may want to know before it is made."""
        raise NotImplementedError

    def _tell_after(self, done: list[Item[E]]) -> None:
        """What the change did."""
        raise NotImplementedError

    def _tell_dry_run(self, items: list[Item[E]]) -> None:
        """What the change would do, and all that one may want to know of it."""
        raise NotImplementedError

    def _undo(self, edits: Sequence[E], selection: Sequence[str | Word]) -> list[Offer]:
        """The command that puts back what was there; none where nothing was changed."""
        raise NotImplementedError
