"""Objects in batches: each is changed when the one before has settled, and nothing after one that has not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic

from kubectl_ambient.change.targets import printed
from kubectl_ambient.runs.change.apply import Applier
from kubectl_ambient.runs.change.targets import E, Item

Settle = Callable[[Sequence[Item[E]]], bool]
"""Waits for what was done of these, and tells how it ended; whether it is where it should be."""


class Batches(Generic[E]):
    """Writes them one after the other, and waits for each but the last.

    last: the batch that is still to be waited for; empty where it stopped. why: why items were not tried. bug: an error
    that is not the cluster's. unsettled: what was waited for in vain.
    """

    def __init__(self, items: list[Item[E]], size: int | None, tell: Callable[[str], None]) -> None:
        """`tell` tells a line."""
        self._tell = tell
        self.last: list[Item[E]] = []
        self.unsettled: list[Item[E]] = []
        self.why = ""
        self.bug: BaseException | None = None
        self._ready = [item for item in items if not item.edit.changes] if size else []
        rest = [item for item in items if item.edit.changes] if size else items
        every = size or max(len(rest), 1)
        self._batches = [rest[at : at + every] for at in range(0, len(rest), every)]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._batches)

    def write(self, applier: Callable[[], Applier[E]], settle: Settle[E] | None, *, send: bool) -> None:
        """Write them, each batch by an applier of its own."""
        ready = [self._ready] if self._ready else []
        every = [*ready, *self._batches]
        for number, batch in enumerate(every):
            name = self._head(number + 1 - len(ready), batch)
            apply = applier()
            apply.apply(batch, send=send)
            self.why, self.bug, self.last = apply.why, apply.bug, [] if apply.why else batch
            if self.why or number + 1 == len(every):
                return
            if any(item.state != "done" for item in batch):
                self.why = f"since not all of {name} was done"
                return
            if settle is not None and not settle(batch):
                self.why, self.last, self.unsettled = f"since {name} did not settle", [], batch
                return

    def _head(self, number: int, batch: list[Item[E]]) -> str:
        """What stands above a batch, where there are several; its name."""
        if not number:
            self._tell(f"as it should be already, and waited for first: {_named(batch)}")
            return "what was there"
        name = f"batch {number} of {self.count}"
        if self._ready or self.count > 1:
            self._tell(f"{name}: {_named(batch)}")
        return name


def _named(batch: Sequence[Item[E]]) -> str:
    first, *_, last = (batch[0], *batch)
    names = printed(first.target) if len(batch) == 1 else f"{printed(first.target)} to {printed(last.target)}"
    return f"{names} ({len(batch)})" if len(batch) > 1 else names
