"""The account of a change: what is done, what failed, what is not known, and how to undo it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from kubectl_ambient.runs.aim import aim_of
from kubectl_ambient.runs.change.outcome import failures, not_known, not_tried
from kubectl_ambient.runs.change.outlets import Outlets
from kubectl_ambient.runs.change.output import final, line_of, objects_text
from kubectl_ambient.runs.change.request import ChangeRequest
from kubectl_ambient.runs.change.targets import E, Item


class Account:
    """Tells each object that is done at once, as kubectl does; JSON and YAML, and all the rest, at the end."""

    def __init__(self, request: ChangeRequest, outlets: Outlets) -> None:
        self._request = request
        self._outlets = outlets
        # A document is told at its end; where there is no stdout for it, lines on stderr have to do.
        self._as_document = request.flags.output in ("json", "yaml") and outlets.has_out

    @property
    def reaches_nobody(self) -> bool:
        """Whether neither stdout nor stderr is there."""
        return self._outlets.all_gone

    @property
    def failed(self) -> bool:
        """Whether something could not be told that had to be."""
        return self._outlets.error is not None or self._outlets.all_gone

    def done(self, item: Item[E]) -> bool:
        """Tell an object that is done; False where nothing more should be done."""
        if not self._as_document:
            self._outlets.data(line_of(item, self._request))
        return not self._outlets.broke and not self._outlets.all_gone

    def close(self, items: Sequence[Item[E]], why: str, undo: Callable[[Sequence[E]], Iterable[str]]) -> None:
        """All that is left to tell but how to undo what is done. `why`: why items were not tried."""
        done = [item for item in items if item.state == "done"]
        if self._as_document and done and not self._outlets.document(self._document(done)):
            self._outlets.remarks(line_of(item, self._request) for item in done)
        aim = aim_of(self._request.connection)
        self._outlets.remarks(failures(items, aim))
        self._outlets.remarks(not_known(items, aim, undo))
        self._outlets.remarks(not_tried(items, why))
        if self._outlets.error is not None:
            self._outlets.remarks([f"error: write stdout: {self._outlets.error}"])

    def undo(self, lines: Iterable[str]) -> None:
        """The way back, at the very end."""
        self._outlets.remarks(lines)

    def _document(self, done: Sequence[Item[E]]) -> str:
        return objects_text([final(item) for item in done], self._request.flags.output)
