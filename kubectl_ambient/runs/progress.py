"""A progress bar on stderr, for work that takes longer than a second; nothing where stderr is no terminal.

Nothing either where stdout is one: there the lines of what is done show how far it is.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import suppress
from types import TracebackType

from kubectl_ambient.kube.parallel import start

_AFTER = 1.0
_EVERY = 0.1
_CELLS = 25


class Progress:
    """`labelling  ██████░░░░  12/40  3s`, drawn by a thread of its own while the block runs, then wiped off."""

    def __init__(self, total: int, title: str) -> None:
        self._total = total
        self._title = title
        self._done = 0
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._drawn = False
        self._gone = threading.Event()

    def __enter__(self) -> Progress:
        self._started = time.monotonic()
        wanted = self._total > 1 and sys.stderr.isatty() and not sys.stdout.isatty()
        if not wanted or not start(self._draw, 1)():
            self._gone.set()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._gone.wait(_AFTER)  # no longer, should the terminal take nothing more
        if self._drawn:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()

    def step(self) -> None:
        """One more is done."""
        with self._lock:
            self._done += 1

    def bar(self, seconds: float) -> str:
        """The line as it is now."""
        full = _CELLS * self._done // max(self._total, 1)
        return f"{self._title}  {'█' * full}{'░' * (_CELLS - full)}  {self._done}/{self._total}  {int(seconds)}s"

    def _draw(self) -> None:
        with suppress(OSError):
            self._draw_on()
        self._gone.set()

    def _draw_on(self) -> None:
        if self._ended.wait(_AFTER):
            return
        while True:
            sys.stderr.write(f"\r{self.bar(time.monotonic() - self._started)}")
            sys.stderr.flush()
            self._drawn = True
            if self._ended.wait(_EVERY):
                return
