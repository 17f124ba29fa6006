"""A progress bar on stderr, for much work that takes a while; nothing where stderr is no terminal."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Self

from kubectl_ambient.render.streams import is_lost
from kubectl_ambient.render.terminal import colours
from kubectl_ambient.runs.ending import Broken

if TYPE_CHECKING:
    from kubectl_ambient.render.bar import Bar

_MANY = 20
_AFTER = 2.0  # seconds
_EVERY = 0.1
_WIPE = "\r\033[K"

now: Callable[[], float] = time.monotonic  # one name, for tests to replace


class Line:
    """A line below what is told meanwhile, and wiped off at the end; nothing where stderr is no terminal.

    It is drawn by the thread that tells the lines, so that neither is torn by the other, and without hiding the
    cursor, which a killed process would leave so.
    """

    def __init__(self, breaking: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        """`breaking`: within it a signal raises Broken, should the terminal take nothing more."""
        self.wanted = False
        self._breaking = breaking
        self._text = ""
        self._drawn = False

    def __enter__(self) -> Self:
        self.wanted = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()

    def put(self, make: Callable[[int], str]) -> None:
        """Draw what `make` gives for so many columns; what fails in it ends the line, and nothing else."""
        if not self.wanted:
            return
        try:
            self._text = make(_columns() - 1)  # what fills the last column may break the line
        except Exception:  # such as for want of memory: work that is under way does not end for its bar
            self.wanted = False
        self.redraw()

    def redraw(self) -> None:
        """Draw it where it is not."""
        if self.wanted and self._text:
            self._write(f"\r{self._text}\033[K")
            self._drawn = True

    @property
    def drawn(self) -> bool:
        """Whether it is there."""
        return self._drawn

    def wipe(self) -> None:
        """Take it off: lines may be told."""
        if self._drawn:
            self._drawn = False
            self._write(_WIPE)

    def _write(self, text: str) -> None:
        if not self.wanted:
            return
        try:
            with self._breaking():
                sys.stderr.write(text)
                sys.stderr.flush()
        except (OSError, ValueError, Broken):
            self.wanted = False
        self.wanted = self.wanted and not is_lost(sys.stderr)


class Progress(Line):
    """A bar for much work that takes a while."""

    def __init__(
        self, total: int, title: str, breaking: Callable[[], AbstractContextManager[None]] = nullcontext
    ) -> None:
        super().__init__(breaking)
        self._total = total
        self._title = title
        self._done = 0
        self._bar: Bar | None = None
        self._next = 0.0

    def __enter__(self) -> Self:
        super().__enter__()
        self.wanted = self.wanted and self._total >= _MANY
        self._begin = now() + _AFTER
        return self

    def step(self) -> None:
        """One more is done."""
        self._done += 1

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Within, lines may be told: the bar is not in their way."""
        self.wipe()
        yield
        self.draw()

    def draw(self) -> None:
        """Draw it where it is not, or where it has changed; to be called often."""
        if not self.wanted or (moment := now()) < self._begin:
            return
        if moment >= self._next:
            self._next = moment + _EVERY
            self.put(self._render)
        elif not self.drawn:
            self.redraw()

    def _render(self, width: int) -> str:
        if self._bar is None:
            from kubectl_ambient.render.bar import Bar

            self._bar = Bar(self._title, self._total, coloured=colours(sys.stderr))
        return self._bar.text(self._done, width)


def _columns() -> int:
    """Of the terminal that stderr is: stdout may be a file."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return shutil.get_terminal_size().columns
