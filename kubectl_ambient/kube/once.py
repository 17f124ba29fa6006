"""What is asked at most once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Calls `ask` when it is first called, and keeps the answer; other threads wait for it. An error is not kept."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._asking = threading.Lock()
        self._answers: list[T] = []

    def __call__(self) -> T:
        """The answer. Raises what `ask` raises."""
        with self._asking:
            if not self._answers:
                self._answers.append(self._ask())
            return self._answers[0]
