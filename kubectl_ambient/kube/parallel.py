"""Independent reads beside each other."""

from __future__ import annotations

import _thread
import queue
import threading
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from .errors import KubeError

T = TypeVar("T")


def side_by_side(calls: Sequence[Callable[[], T]], workers: int = 10) -> list[T | KubeError]:
    """The results of the calls, in their order; a KubeError stands in the place of the call that raised it.

    Any other exception is raised here. Ctrl-C ends the waiting at once: what is under way is left behind.
    """
    if len(calls) < 2:
        return [_outcome(call) for call in calls]
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, T | BaseException]] = queue.SimpleQueue()
    for i in range(len(calls)):
        todo.put(i)

    def work() -> None:
        while True:
            try:
                i = todo.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((i, calls[i]()))
            except BaseException as e:
                done.put((i, e))

    running = start(work, min(workers, len(calls)))
    results: dict[int, T | KubeError] = {}
    while len(results) < len(calls):
        more = running()
        try:
            i, result = done.get(timeout=0.5 if more else 0)  # on Windows Ctrl-C is noticed only in between
        except queue.Empty:
            if more:
                continue
            break
        if isinstance(result, BaseException) and not isinstance(result, KubeError):
            raise result
        results[i] = result
    return [results[i] if i in results else _outcome(call) for i, call in enumerate(calls)]


class Begun(Generic[T]):
    """A call that a thread makes before anybody waits for its result, or else whoever asks for that first."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._taken = threading.Lock()
        self._ended = threading.Event()
        self._outcome: tuple[T | None, BaseException | None] | None = None

    def __call__(self) -> T:
        """The result, once it is there. Raises what the call raised."""
        self.make()
        self._ended.wait()
        if self._outcome is None:  # where there is no memory, a thread may end in the midst of it
            return self._call()
        result, error = self._outcome
        if error is not None:
            raise error
        return result  # type: ignore[return-value]

    def make(self) -> None:
        """Make the call, if nobody has begun with it."""
        if not self._taken.acquire(blocking=False):
            return
        try:
            self._outcome = self._call(), None
        except BaseException as e:
            self._outcome = None, e
        finally:
            self._ended.set()


def begin(calls: Sequence[Callable[[], T]], workers: int = 10) -> list[Begun[T]]:
    """Begin with the calls, in their order; each that comes back is called for its result."""
    begun = [Begun(call) for call in calls]
    todo = iter(begun)

    def work() -> None:
        for one in todo:
            one.make()

    start(work, min(workers, len(begun)))
    return begun


class _Held:
    """What a thread holds as long as it is there, and says when it has ended: a traceback may hold it longer."""

    ended = False


def start(work: Callable[[], None], threads: int) -> Callable[[], object]:
    """Run `work`, which raises nothing, in so many threads, or in as many as there may be.

    Returns what tells whether one of them still runs: where there is no memory, a thread may end before it has begun
    with `work`, or in the midst of it. Nothing waits for them at the end: a thread pool's are waited for, even after
    Ctrl-C.
    """
    begun: list[weakref.ref[_Held]] = []

    def run(held: _Held) -> None:
        try:
            work()
        finally:
            held.ended = True

    with suppress(RuntimeError, MemoryError):
        for _ in range(threads):
            held = _Held()
            begun.append(weakref.ref(held))
            # threading.Thread waits until the thread has begun, and for ever where it had no memory to.
            _thread.start_new_thread(run, (held,))
            del held
    return lambda: any((held := ref()) is not None and not held.ended for ref in begun)


def _outcome(call: Callable[[], T]) -> T | KubeError:
    try:
        return call()
    except KubeError as e:
        return e
