"""How far a wait is, on stderr: a bar on a terminal, else a line whenever that changes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from kubectl_ambient.foreign import one_line
from kubectl_ambient.mesh.ages import human
from kubectl_ambient.mesh.settling import Standing
from kubectl_ambient.render.say import say
from kubectl_ambient.render.terminal import colours
from kubectl_ambient.render.waiting import so_far, waits_for
from kubectl_ambient.runs.progress import Line

if TYPE_CHECKING:
    from kubectl_ambient.render.bar import WaitBar

_BETWEEN_LINES = 2.0  # seconds


class Meter(Line):
    """Shows a standing, and tells lines besides."""

    def __init__(self, breaking: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        super().__init__(breaking)
        self._bar: WaitBar | None = None
        self._told: tuple[int, int, int] | None = None
        self._next = 0.0

    def show(self, standing: Standing, seconds: float) -> None:
        """How far it is after so many seconds; to be called often."""
        if self.wanted:
            self.put(partial(self._render, standing, human(timedelta(seconds=seconds))))
            return
        far = (standing.pods, len(standing.stragglers), len(standing.others))
        if far != self._told and not standing.settled and seconds >= self._next:
            self._told, self._next = far, seconds + _BETWEEN_LINES
            say(so_far(standing), file=sys.stderr, flush=True)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Within, lines may be told: the bar is not in their way."""
        self.wipe()
        yield
        self.redraw()

    def _render(self, standing: Standing, age: str, width: int) -> str:
        if self._bar is None:
            from kubectl_ambient.render.bar import WaitBar

            self._bar = WaitBar(coloured=colours(sys.stderr))
        here = standing.pods - len(standing.stragglers)
        return self._bar.of(here, standing.pods, one_line(waits_for(standing)), age, width, standing.wanted.noun)
