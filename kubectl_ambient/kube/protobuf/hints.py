"""What a method of a wire type says of itself, so that a view of a message need not make it work for each object.

Of pods in a row most are copies: the same labels, the same owner, to the byte. JSON takes no notice of these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import Struct

M = TypeVar("M", bound=Callable[[Any], Any])

_HINT = "__hint__"


class Hint(Struct, frozen=True):
    """reads: the one field that the method looks at. first: it looks for the first item there with that `type`.

    holds: a text without which in that field the method answers None.
    """

    reads: str
    first: str = ""
    holds: str = ""


def tells(field: str) -> Callable[[M], M]:
    """What the method answers follows from this field alone, a list or a map: the same bytes, the same answer."""
    return lambda method: _with(method, Hint(field))


def first_of_type(field: str, value: str) -> Callable[[M], M]:
    """The method answers with the first item of this list whose field `type` is `value`, or None."""
    return lambda method: _with(method, Hint(field, value))


def only_with(field: str, text: str) -> Callable[[M], M]:
    """The method answers None unless this text is somewhere in the items of this list."""
    return lambda method: _with(method, Hint(field, holds=text))


def hint_of(method: Any) -> Hint | None:
    """What the method said, if it did."""
    return getattr(method, _HINT, None)


def _with(method: M, hint: Hint) -> M:
    setattr(method, _HINT, hint)
    return method
