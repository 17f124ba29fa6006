"""Independent reads beside each other."""

from __future__ import annotations

import _thread
import queue
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from .errors import KubeError

T = TypeVar("T")
_LOOK = 0.5  # seconds; on Windows Ctrl-C is noticed only between two waits


class _Open:
    """The outcome of a call that has none yet."""


_OPEN = _Open()


def side_by_side(calls: Sequence[Callable[[], T]], workers: int = 10) -> list[T | KubeError]:
    """The results of the calls, in their order; a KubeError stands in the place of the call that raised it.

    Any other exception is raised here. Ctrl-C ends the waiting at once: what is under way is left behind.
    """
    if len(calls) < 2:
        return [_outcome(call) for call in calls]
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    told: queue.SimpleQueue[int] = queue.SimpleQueue()
    # Beside the queue, since a thread that has no memory can still write into a list.
    outcomes: list[T | BaseException | _Open] = [_OPEN] * len(calls)
    for i in range(len(calls)):
        todo.put(i)

    def work() -> None:
        while True:
            try:
                i = todo.get_nowait()
            except queue.Empty:
                return
            try:
                outcomes[i] = calls[i]()
            except BaseException as e:
                outcomes[i] = e
            told.put(i)

    if not start(work, min(workers, len(calls))):
        return [_outcome(call) for call in calls]
    results: dict[int, T | KubeError] = {}
    while len(results) < len(calls):
        with suppress(queue.Empty):
            told.get(timeout=_LOOK)
        for i, outcome in enumerate(outcomes):
            if isinstance(outcome, BaseException) and not isinstance(outcome, KubeError):
                raise outcome
            if not isinstance(outcome, _Open):
                results[i] = outcome
    return [results[i] for i in range(len(calls))]


def start(work: Callable[[], None], threads: int) -> int:
    """Run `work`, which raises nothing, in so many threads, or in as many as there may be; returns how many.

    Nothing waits for them at the end: a thread pool's are waited for, even after Ctrl-C.
    """
    for started in range(threads):
        try:
            # threading.Thread waits until the thread has begun, and for ever where it had no memory to.
            _thread.start_new_thread(work, ())
        except (RuntimeError, MemoryError):
            return started
    return threads


def _outcome(call: Callable[[], T]) -> T | KubeError:
    try:
        return call()
    except KubeError as e:
        return e
