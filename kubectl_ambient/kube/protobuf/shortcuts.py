"""What the hints of a wire type's methods save: a look at bytes in the place of what the method would do with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from .fields import fields_of
from .hints import Hint

View = Callable[[Any], Any]  # makes a view of a message, or of the bytes of one
Get = Callable[[Any], Any]  # a field's value, of a view
Bodies = Callable[[Any], tuple[bytes, ...]]  # the bytes of a field's items, of a view

_KEPT = 256  # answers; a list comes in the order of names, so that what is alike comes in a row


class Listed(Struct, frozen=True):
    """A field of many items. bodies: those that count, of a view. item: the view of one, kind: what message it is."""

    name: str
    bodies: Bodies
    item: View | None = None
    kind: str = ""


def hinted(method: Get, hint: Hint, listed: Listed) -> Get:
    """The method as its hint allows. listed: the field that it reads."""
    if hint.first:
        return _first(method, listed, hint.first)
    return _only_with(method, listed.name, hint.holds) if hint.holds else remembered(method, listed.bodies)


def _only_with(method: Get, name: str, text: str) -> Get:
    """The method, which is not asked where no item of the list holds the text."""
    wanted = text.encode()

    def answer(view: Any) -> Any:
        for body in getattr(view._of, name):
            if wanted in body:
                return method(view)
        return None

    return answer


def remembered(method: Get, bodies: Bodies) -> Get:
    """The method, asked once for equal bytes in a row."""
    known: dict[tuple[bytes, ...], Any] = {}

    def answer(view: Any) -> Any:
        key = bodies(view)
        try:
            return known[key]
        except KeyError:
            found = method(view)
        if len(known) >= _KEPT:
            known.clear()
        known[key] = found
        return found

    return answer


def _first(method: Get, listed: Listed, value: str) -> Get:
    """The method that looks for an item by its `type`, without a look into the others: each begins with it.

    That is how Kubernetes writes a message; one that is written otherwise is found by the method itself.
    """
    assert fields_of(listed.kind)["type"].number == 1
    view_of, begin, name = listed.item, first_bytes(value), listed.name
    assert view_of is not None

    def answer(view: Any) -> Any:
        for body in getattr(view._of, name):
            if body.startswith(begin):
                return view_of(body)
        return method(view)

    return answer


def first_bytes(key: str) -> bytes:
    """How a message begins whose first field is this text."""
    text = key.encode()
    assert len(text) < 0x80  # one byte for the length
    return bytes((0x0A, len(text))) + text
