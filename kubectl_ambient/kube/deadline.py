"""Until when a request has to be over, whatever it is doing then."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from .errors import TIMED_OUT, ConnectionFailed

_LONGEST = 86400.0  # seconds; what the operating system takes for one wait ends at 24 days
_LOOK = 0.5  # on Windows Ctrl-C is noticed only between two waits


class TimedOut(ConnectionFailed):
    """The time of `--request-timeout` is over."""

    def __init__(self) -> None:
        super().__init__(TIMED_OUT)


class Deadline:
    """The end of a request with all its tries, as in client-go, and how long it may be silent meanwhile."""

    def __init__(self, seconds: float | None, silence: float | None = None) -> None:
        """`seconds` from now, None for no end; `silence`: seconds that one read or write may take, None for any."""
        self._end = None if seconds is None else time.monotonic() + seconds
        self._silence = silence

    def left(self) -> float | None:
        """Seconds, None for no end. Raises TimedOut once it is over."""
        if self._end is None:
            return None
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimedOut
        return left

    def next_wait(self) -> float | None:
        """Seconds that the next read or write may take, None for any. Raises TimedOut once it is over."""
        left = self.left()
        if left is None:
            return self._silence
        return min(left, self._silence or _LONGEST, _LONGEST)

    def run(self, work: Callable[[], None]) -> None:
        """Do `work`, in a thread that is left behind at the end: nothing else ends a look-up of a name.

        Raises what `work` raises, and TimedOut.
        """
        if self._end is None:
            work()
            return
        done: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()

        def run() -> None:
            try:
                work()
            except BaseException as e:
                done.put(e)
            else:
                done.put(None)

        threading.Thread(target=run, daemon=True).start()
        while True:
            wait = self.left()
            try:
                error = done.get(timeout=min(wait or _LOOK, _LOOK))
            except queue.Empty:
                continue
            if error is not None:
                raise error
            return
