"""YAML as plain dicts, lists and scalars, within bounds: no tag builds anything, and no alias a bomb.

Built from the parser's events, not from its nodes: composing these takes five times as long, and overruns the stack
on deep nesting.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import yaml
from msgspec import Struct
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from .yaml_bounds import DEEPEST, EXCESSIVE, LARGEST, TOO_DEEP, TOO_LARGE, is_excessive, weight
from .yaml_scalars import is_of_tag, key, scalar

Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader).__mro__[0]
_EXPLICIT = {"tag:yaml.org,2002:" + name for name in ("null", "bool", "int", "float")}
_ITEMS = "items"
_MERGE = object()


class Stream(Protocol):
    """Where the parser reads: UTF-8, in pieces of any size. What `read` raises ends the parsing."""

    def read(self, size: int, /) -> bytes:
        """The next piece; empty at the end."""
        ...


class Items(Struct, frozen=True):
    """Some of the `items` of a large document, ahead of it, and what stands beside them so far.

    When the document itself comes, these are no more in it.
    """

    beside: dict[str, Any]
    items: list[Any]


def load(text: str) -> Any:
    """The first document of a text; None where there is none. Raises yaml.YAMLError."""
    if len(text) > LARGEST:
        raise yaml.YAMLError(TOO_LARGE)
    return next(values(text), None)


def values(text: str | bytes) -> Iterator[Any]:
    """The documents of a text. Raises yaml.YAMLError."""
    return pieces(text, None)


def pieces(source: str | bytes | Stream, hold: int | None) -> Iterator[Any | Items]:
    """The documents of a source. Of one that is longer than `hold` characters its `items` come first, in many Items.

    Raises yaml.YAMLError, and what a stream raises.
    """
    next_event = Parser(source).get_event
    anchors: dict[str, tuple[Any, int] | None] = {}  # what each stands for, and how many nodes that is
    merges = False
    total = aliased = 0
    outer: list[_Open] = []
    top = _Open(False, None, 0)
    items = top.items
    streamed: _Open | None = None
    hold_until = 0
    while True:
        event: Any = next_event()
        kind = type(event)
        value: Any
        if kind is ScalarEvent:
            value = event.value
            plain = event.implicit[0] or event.tag in _EXPLICIT
            total += 1 + (len(value) >> 10)
            if top.mapping and not len(items) & 1:
                if plain and value == "<<":
                    merges = True
                    value = _MERGE
                elif plain:
                    value = key(value)
            elif plain:
                value = scalar(value)
            if event.tag is not None and not is_of_tag(event.tag, event.value):
                raise _refused(f"cannot decode !!str `{event.value}` as a !!{event.tag.rpartition(':')[2]}", event)
            if event.anchor:
                anchors[event.anchor] = value, weight(event.value)
            items.append(value)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            total += 1
            if top.mapping and not len(items) & 1:
                raise _refused("a key that is a list or an object", event)
            if len(outer) == DEEPEST:
                raise _refused(TOO_DEEP, event)
            opened = _Open(kind is MappingStartEvent, event.anchor, total)
            if hold is not None and len(outer) == 1 and items and items[-1] == _ITEMS and not opened.mapping:
                if streamed is not None:
                    raise _refused("items comes twice", event)
                if not (top.anchor or opened.anchor) and may_be_list(_beside(items)):
                    streamed, hold_until = opened, _at(event) + hold
            if event.anchor:
                anchors[event.anchor] = None
            outer.append(top)
            top, items = opened, opened.items
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            value = items
            if top.mapping:
                value = _merged(items, event) if merges else dict(zip(items[::2], items[1::2], strict=True))
            if top.anchor:
                anchors[top.anchor] = value, total - top.since + 1
            top = outer.pop()
            items = top.items
            items.append(value)
            if top is streamed and _at(event) > hold_until:
                yield Items(_beside(outer[-1].items), items)
                items = top.items = []
                hold_until = 0
        elif kind is AliasEvent:
            if event.anchor not in anchors:
                raise _refused(f"unknown anchor {event.anchor!r} referenced", event)
            known = anchors[event.anchor]
            if known is None:
                raise _refused(f"anchor {event.anchor!r} value contains itself", event)
            value, size = known
            total, aliased = total + 1 + size, aliased + size
            if is_excessive(aliased, total):
                raise _refused(EXCESSIVE, event)
            if top.mapping and not len(items) & 1 and not isinstance(value, str):
                raise _refused("a key that is no text", event)
            items.append(value)
        elif kind is DocumentStartEvent:
            anchors = {}
            total = aliased = 0
            streamed = None
        elif kind is DocumentEndEvent:
            yield items.pop()
        elif kind is StreamEndEvent:
            return


class _Open:
    """A list or an object that is being built; of an object, keys and values in turn."""

    __slots__ = ("anchor", "items", "mapping", "since")

    def __init__(self, mapping: bool, anchor: str | None, since: int) -> None:
        self.mapping = mapping
        self.anchor = anchor
        self.since = since
        self.items: list[Any] = []


def _at(event: Any) -> int:
    return int(event.end_mark.index)


def _beside(items: list[Any]) -> dict[str, Any]:
    return {k: v for k, v in zip(items[::2], items[1::2], strict=False) if isinstance(k, str)}


def may_be_list(fields: dict[str, Any]) -> bool:
    """Whether an object that begins with these fields may turn out to be a list of Kubernetes objects."""
    kind = fields.get("kind")
    return kind is None or (isinstance(kind, str) and kind.endswith("List"))


def _refused(problem: str, event: Event) -> yaml.YAMLError:
    mark: Any = event.start_mark
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def _merged(items: list[Any], event: Event) -> dict[str, Any]:
    """The object of these pairs, where `<<` brings in the fields of others at its place: what comes later wins."""
    found: dict[str, Any] = {}
    for name, value in zip(items[::2], items[1::2], strict=True):
        if name is not _MERGE:
            found[name] = value
            continue
        for source in reversed(value) if isinstance(value, list) else [value]:
            if not isinstance(source, dict):
                raise _refused("a merge key (<<) that brings in no object", event)
            found.update(source)
    return found
