"""Ctrl-C, SIGTERM and SIGHUP: they end a command, and while an account is told they are only counted."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType

TYPE_CHECKING = False  # of `typing`, which is itself slow to import
if TYPE_CHECKING:
    from typing import Any

Handler = Callable[[int, FrameType | None], None]

_HAS_TIMER = hasattr(signal, "setitimer")
_NUMBERS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_PATIENCE = 3.0  # seconds for the way out
_STUCK = 0.2  # seconds: what is not over so long after the signal waits for something

# Which signal was raised. What is raised anywhere may be lost, or become another error: Python drops it in a
# finalizer, and a library's `finally` may fail for it. The signal ends the command all the same.
_raised: list[int] = []


class Ended(BaseException):
    """The command was told to end by a signal other than Ctrl-C."""


class Broken(BaseException):
    """A signal broke off what the main thread was waiting for."""


def raise_once() -> None:
    """Let the first signal be raised as KeyboardInterrupt or Ended; a second one ends the process at once.

    So does, without another word, the time that the way out takes, and where Python would drop what was raised.
    """
    sys.unraisablehook = _unraisable

    def end(number: int, frame: FrameType | None) -> None:
        _raised.append(number)
        at_once()
        with suppress(RuntimeError, MemoryError):  # the machine gives no thread
            _thread.start_new_thread(_end_late, ())
        raise _error(number)

    _handle(end)


def told_to_end() -> int:
    """The exit code by the signal that was raised, whatever became of that; 0 where none was."""
    return 128 + _raised[0] if _raised else 0


def _error(number: int) -> BaseException:
    return KeyboardInterrupt() if number == signal.SIGINT else Ended()


def _end_late() -> None:
    time.sleep(_PATIENCE)
    os._exit(told_to_end())


def _unraisable(dropped: Any) -> None:
    if _raised:
        os._exit(told_to_end())
    sys.__unraisablehook__(dropped)


def at_once() -> None:
    """Let a signal end the process from now on, without another word; the exit code is by the first that came."""
    _handle(lambda number, _: os._exit(told_to_end() or 128 + number))


def _handle(handler: Handler) -> list[tuple[int, Handler | int | None]]:
    """What was there before. A signal that is ignored (nohup, a job in the background) stays ignored."""
    before: list[tuple[int, Handler | int | None]] = [(number, signal.getsignal(number)) for number in _NUMBERS]
    for number, found in before:
        if found is not signal.SIG_IGN:
            signal.signal(number, handler)
    return before


class Signals:
    """While it is entered, signals are counted and raise nothing, so that what is begun is told to its end."""

    def __init__(self) -> None:
        self.count = 0
        self.number = 0
        self._break_at = 0
        self._timing = False

    def __enter__(self) -> Signals:
        """Raises the signal that came before and was lost: nothing is begun any more."""
        if _raised:
            raise _error(_raised[0])
        self._before = _handle(self._note)
        if _HAS_TIMER:
            self._timer_before = signal.signal(signal.SIGALRM, lambda *_: self._break())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before:
            if handler is not signal.SIG_IGN and handler is not None:
                signal.signal(number, handler)
        if _HAS_TIMER:
            signal.signal(signal.SIGALRM, self._timer_before or signal.SIG_DFL)

    @contextmanager
    def breaking(self, nth: int = 1) -> Iterator[None]:
        """Within, the next signal raises Broken, if it is the `nth` or a later one.

        Not at once: what waits for nothing is over before, and nobody could tell whether it was done.
        """
        self._break_at = max(nth, self.count + 1)
        try:
            yield
        finally:
            self._break_at = 0
            if self._timing:
                self._timing = False
                signal.setitimer(signal.ITIMER_REAL, 0)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        self.number = self.number or number
        if not self._break_at or self.count < self._break_at:
            return
        if not _HAS_TIMER:
            self._break()
        elif not self._timing:
            self._timing = True
            signal.setitimer(signal.ITIMER_REAL, _STUCK)

    def _break(self) -> None:
        if self._break_at:
            self._break_at = 0
            raise Broken
