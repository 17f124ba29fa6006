"""Many things in a few words."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    """The values by their keys, in the order in which they come."""
    found: dict[K, list[V]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def pods(count: int) -> str:
    """`1 pod`, `2 pods`."""
    return "1 pod" if count == 1 else f"{count} pods"


def verb(count: int, stem: str) -> str:
    """`stays` of one, `stay` of more."""
    return f"{stem}s" if count == 1 else stem


def more(count: int, thing: str) -> str:
    """`1 more owner`, `2 more owners`."""
    return f"{count} more {thing}" + ("" if count == 1 else "s")
