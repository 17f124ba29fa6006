"""Writes the edits of many objects side by side, and has each told as it is done."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic

from kubectl_ambient.kube.parallel import start
from kubectl_ambient.runs.change.attempt import Attempt, Outcome
from kubectl_ambient.runs.change.targets import E, Item
from kubectl_ambient.runs.ending import Broken, Signals
from kubectl_ambient.runs.progress import Progress

INTERRUPTED = "interrupted"
_SIDE_BY_SIDE = 10
_LOST = 3  # so many failed connections in a row are no accident
_PATIENCE = 3.0  # seconds for what is under way when all ends
_TICK = 0.1


class Applier(Generic[E]):
    """Whatever ends it, afterwards the state of each item is true, and nothing more is sent.

    why: why items were not tried; empty where all were. bug: an error that is not the cluster's and ended it.
    """

    def __init__(
        self,
        attempt: Attempt[E],
        signals: Signals,
        tell: Callable[[Item[E]], bool],
        each_time: Callable[[], None] = lambda: None,
    ) -> None:
        """`tell` tells an item that is done, and whether one can go on; `each_time` is called before each.

        Both are called in the thread of `apply`.
        """
        self.why = ""
        self.bug: BaseException | None = None
        self._attempt = attempt
        self._signals = signals
        self._tell = tell
        self._each_time = each_time
        self._todo: queue.SimpleQueue[Item[E]] = queue.SimpleQueue()
        self._news: queue.SimpleQueue[tuple[Item[E], Outcome]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        # Nobody goes on before what is done has been told: even of a killed run, so few changes are untold.
        self._untold = threading.Semaphore(_SIDE_BY_SIDE)
        self._lost = 0

    def apply(self, items: Sequence[Item[E]], *, send: bool = True) -> None:
        """Write the edit of each, and tell it. Without `send`, all is told as done."""
        try:
            for item in items:
                if send and item.edit.changes:
                    self._todo.put(item)
                else:
                    self._settle(item, Outcome(state="done"))
            with Progress(self._todo.qsize(), "labelling", partial(self._signals.breaking, 2)) as progress:
                self._run(items, progress)
        except BaseException as bug:
            self._stop_for(bug)
        self._close(items)

    def stop(self, why: str) -> None:
        """Send nothing more."""
        with self._lock:
            if self.why:
                return
            self.why = why
        self._patient_until = time.monotonic() + _PATIENCE
        self._signals_then = self._signals.count
        self._untold.release(_SIDE_BY_SIDE)  # for those who wait, and now meet the end

    def _run(self, items: Sequence[Item[E]], progress: Progress) -> None:
        left = self._todo.qsize()
        running = start(self._work, min(_SIDE_BY_SIDE, left))
        while left and not self._is_over(items, running):
            progress.draw()
            if self._signals.count:
                self.stop(INTERRUPTED)
            try:
                news = self._news.get(timeout=_TICK)
            except queue.Empty:
                continue
            progress.step()
            left -= 1
            with progress.aside():
                self._each_time()
                self._settle(*news)
            self._untold.release()
        self._work_here(progress)

    def _is_over(self, items: Sequence[Item[E]], running: Callable[[], object]) -> bool:
        if not self.why:
            return not running() and self._news.empty()
        if not any(item.state == "sent" for item in items):
            return True
        hurried = self._signals.count > max(self._signals_then, 1)
        return hurried or time.monotonic() > self._patient_until

    def _work(self) -> None:
        """What each thread does."""
        while self._untold.acquire() and (item := self._next()) is not None:
            self._news.put((item, self._outcome(item)))

    def _work_here(self, progress: Progress) -> None:
        """The same, for what is left where the machine gives no thread."""
        while (item := self._next()) is not None:
            try:
                with self._signals.breaking():
                    outcome = self._outcome(item)
            except Broken:
                outcome = Outcome(state="not known", why="interrupted before the answer")
            progress.step()
            with progress.aside():
                self._settle(item, outcome)
                self._each_time()
            if self._signals.count:
                self.stop(INTERRUPTED)

    def _next(self) -> Item[E] | None:
        """An item that is now taken for sent; None where there is none, or nothing more is to be sent."""
        try:
            item = self._todo.get_nowait()
        except queue.Empty:
            return None
        with self._lock:
            if self.why:
                return None
            item.state = "sent"
        return item

    def _outcome(self, item: Item[E]) -> Outcome:
        try:
            return self._attempt(item, partial(self._replan, item))
        except Broken:
            raise
        except BaseException as bug:
            return Outcome(state="not known", why=f"{type(bug).__name__}: {bug}", bug=bug)

    def _replan(self, item: Item[E], fresh: Item[E]) -> bool:
        with self._lock:
            if self.why:
                return False
            item.fields, item.edit = fresh.fields, fresh.edit
        return True

    def _settle(self, item: Item[E], outcome: Outcome) -> None:
        item.state, item.final = outcome.state, outcome.final
        item.why, item.hint = outcome.why, outcome.hint
        self._lost = self._lost + 1 if outcome.lost else 0
        if self._lost >= _LOST:
            self.stop("interrupted" if self._signals.count else "the connection was lost")
        if outcome.bug is not None:
            self._stop_for(outcome.bug)
        if item.state == "done" and not self._tell(item):
            self.stop("what is done can be told no more")

    def _stop_for(self, bug: BaseException) -> None:
        self.bug = self.bug or bug
        self.stop("the program failed")

    def _close(self, items: Sequence[Item[E]]) -> None:
        """The last answers that came, and what is not known for want of one."""
        if any(item.state in ("sent", "not tried") for item in items):
            self.stop("the program failed")
        while True:
            try:
                self._settle(*self._news.get_nowait())
            except queue.Empty:
                break
        for item in items:
            if item.state == "sent":
                item.state, item.why = "not known", f"no answer yet, {self.why}"
