"""Ctrl-C, SIGTERM and SIGHUP: they end a command, and while an account is told they are only counted."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

Handler = Callable[[int, FrameType | None], None]

_NUMBERS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Ended(BaseException):
    """The command was told to end by a signal other than Ctrl-C."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


class Broken(BaseException):
    """A signal broke off what the main thread was waiting for."""


def raise_once() -> None:
    """Let the first signal be raised as KeyboardInterrupt or Ended; a second one ends the process at once."""

    def end(number: int, frame: FrameType | None) -> None:
        at_once()
        raise KeyboardInterrupt if number == signal.SIGINT else Ended(number)

    _handle(end)


def at_once() -> None:
    """Let a signal end the process from now on, without another word."""
    _handle(lambda number, _: os._exit(128 + number))


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

    def __enter__(self) -> Signals:
        self._before = _handle(self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before:
            if handler is not signal.SIG_IGN and handler is not None:
                signal.signal(number, handler)

    @contextmanager
    def breaking(self, nth: int = 1) -> Iterator[None]:
        """Within, the next signal raises Broken, if it is the `nth` or a later one."""
        self._break_at = max(nth, self.count + 1)
        try:
            yield
        finally:
            self._break_at = 0

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        self.number = self.number or number
        if self._break_at and self.count >= self._break_at:
            self._break_at = 0
            raise Broken
