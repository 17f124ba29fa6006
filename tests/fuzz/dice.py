"""Choices, each of which hypothesis makes, and makes simpler where a law fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")

# What JSON from Kubernetes can hold: any character but half of a surrogate pair.
_ANY = st.text(st.characters(codec="utf-8"), max_size=12)
_ODD = (
    "",
    " ",
    "\n",
    "a\nb",
    "\x1b[31m",
    "\u202e",
    "\ufeff",
    "\x00",
    "null",
    "~",
    "true",
    "1e3",
    "0x1F",
    "-",
    "{",
    "'",
)
_LABEL_VALUE = st.from_regex(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,6}[A-Za-z0-9])?", fullmatch=True)


@cache
def _below(count: int) -> st.SearchStrategy[int]:
    return st.integers(0, count - 1)


class Dice:
    """Draws from fixed strategies only: to make one of its own for each choice takes hypothesis a second a cluster."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def pick(self, options: Sequence[T]) -> T:
        """One of the options; the first is the simplest."""
        return options[self._draw(_below(len(options)))]

    def some(self, *options: T) -> T | None:
        """One of the options, or none."""
        return self.pick((None, *options))

    def rarely(self, *options: T) -> T | None:
        """One of the options in one of eight cases."""
        return self.pick(options) if self._draw(_below(8)) == 7 else None

    def mostly(self) -> bool:
        """True in four of five cases."""
        return self._draw(_below(5)) < 4

    def count(self, low: int, high: int) -> int:
        """A number of these."""
        return low + self._draw(_below(high - low + 1))

    def many(self, make: Callable[[], T], most: int, least: int = 0) -> list[T]:
        """Some of what `make` makes."""
        return [make() for _ in range(self.count(least, most))]

    def text(self) -> str:
        """Any text."""
        return self.pick(_ODD) if self._draw(_below(2)) else self._draw(_ANY)

    def label_value(self) -> str:
        """Any text that a label may have."""
        return self._draw(_LABEL_VALUE)


def made(build: Callable[..., T]) -> Callable[..., st.SearchStrategy[T]]:
    """A strategy of what `build` makes by the dice."""

    @st.composite
    def strategy(draw: st.DrawFn, *args: Any, **settings: Any) -> T:
        return build(Dice(draw), *args, **settings)

    return strategy
