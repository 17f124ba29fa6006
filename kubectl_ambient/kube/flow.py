"""The server's flow control: who is told to come back later is told so for every request of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from .deadline import Deadline

_FIRST = 0.25  # seconds, then twice as long each time
_MORE = 0.25  # of a wait, at most: those who waited together do not come back together

# For tests to replace.
sleep: Callable[[float], None] = time.sleep
now: Callable[[], float] = time.monotonic


def chance() -> float:
    """Anything from 0 to 1."""
    import random

    return random.random()


def backoff(tries: int) -> float:
    """Seconds to wait after so many tries (from 1), where the server does not say: about 0.25, 0.5, 1, …"""
    return _FIRST * 2.0 ** (tries - 1) * (1 + chance()) / 2


class Flow:
    """Until when nothing is to be sent to one server. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0

    def hold(self, seconds: float) -> None:
        """Let everybody wait so long from now."""
        with self._lock:
            self._until = max(self._until, now() + seconds)

    def wait(self, deadline: Deadline) -> None:
        """Wait as long as it is held, and a little more or less longer. Raises TimedOut."""
        while (held := self._until - now()) > 0:
            left = deadline.left()
            more = _MORE * held if left is None else min(_MORE * held, max(left - held, 0.0) / 2)
            sleep(held + chance() * more)
