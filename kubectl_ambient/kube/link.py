"""How far a server is: over a fast link, to compress an answer takes longer than to send it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_NEAR = 0.01  # seconds
_PATIENCE = 2 * _NEAR  # for an answer that may show it, with the connection that it comes over
_LOOKS = 2

now: Callable[[], float] = time.monotonic  # one name, for tests to replace


class Link:
    """The way to one server, as its answers tell: none comes faster than the way there and back takes.

    The time of a connection itself does not count: what it leads to may be a tunnel that ends on this machine.
    """

    def __init__(self) -> None:
        self._fastest: float | None = None
        self._first = threading.Lock()
        self._heard = threading.Event()

    def wait_for_first(self) -> None:
        """Before a request: all but the first wait for its answer, and not for long.

        Of requests that begin side by side each would ask for compression, before any answer shows that it is slower.
        """
        if self._first.acquire(blocking=False):
            return
        if not self._heard.is_set():
            self._heard.wait(_PATIENCE)

    def sent(self) -> float:
        """The moment of a request, which is sent on a connection that is there."""
        return now()

    @property
    def is_near(self) -> bool:
        """Whether some answer has come so fast; not before there is any."""
        return self._fastest is not None and self._fastest < _NEAR

    def answered(self, sent: float) -> None:
        """The answer to a request of that moment has begun."""
        seconds = now() - sent
        if self._fastest is None or seconds < self._fastest:
            self._fastest = seconds
        self._heard.set()

    def look(self, ask: Callable[[], object]) -> None:
        """Ask something small where no answer has been fast: a busy server, most of all with our lists, may be late."""
        for _ in range(_LOOKS):
            if self.is_near:
                return
            ask()
