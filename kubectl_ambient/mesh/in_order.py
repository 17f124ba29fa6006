"""Of several where one counts it is always the same one, in whatever order a server, a watch or files gave them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from kubectl_ambient.cluster.facts import Unread

T = TypeVar("T")


def _place(found: Any) -> Any:
    return found.namespace, found.name


def in_order(found: list[T] | Unread, key: Callable[[T], Any] = _place) -> list[T] | Unread:
    """By namespace and name, as an API server lists them; what could not be read stays as it is."""
    return found if isinstance(found, Unread) else sorted(found, key=key)
