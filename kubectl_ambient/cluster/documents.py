"""The text of a manifest as plain dicts and lists, as kubectl reads it: YAML or JSON, several documents in one.

YAML's scalars mean what they mean to kubectl, which is YAML 1.1 as Go reads it: `on` and `y` are booleans, and a
timestamp stays text. Keys are always text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, cast

import msgspec
import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

# msgspec.Raw is an item of a JSON list, not decoded yet.
Value = None | bool | int | float | str | msgspec.Raw | list["Value"] | dict[str, "Value"]

_Parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SEPARATOR = re.compile(r"^---[ \t]*(?:#.*)?\r?$", re.MULTILINE)
_TRUE = frozenset(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"))
_FALSE = frozenset(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"))
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0b[01]+|0o[0-7]+|0[0-7]*|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_FLOAT_WORDS = frozenset((".inf", ".Inf", ".INF", "+.inf", "-.inf", ".nan", ".NaN", ".NAN"))
_NOT_TEXT = frozenset("-+.~0123456789nNyYtTfFoO")  # the first letters of all that is no text
_EXPLICIT = {"tag:yaml.org,2002:" + name for name in ("null", "bool", "int", "float")}
_MERGE = object()
_DEEPEST = 1000  # no object of Kubernetes is; the parser's time grows with the square of it


class Document(msgspec.Struct, frozen=True):
    """One document: its number from 1, and what it holds (None where it is empty)."""

    number: int
    value: Value


class Broken(msgspec.Struct, frozen=True):
    """A document that could not be read: its number from 1, and why."""

    number: int
    why: str


def decode(data: bytes) -> str:
    """Bytes as text: UTF-8, or UTF-16 with its mark (a redirected `kubectl get` on Windows).

    Raises UnicodeDecodeError for any other.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16")
    return data.decode("utf-8-sig")


def documents(text: str) -> list[Document | Broken]:
    """The documents of a text, in order. A broken one hides no other."""
    if text.lstrip()[:1] in ("{", "["):
        found = _json(text)
        if found is not None:
            return found
    return list(_yaml(text))


def _json(text: str) -> list[Document | Broken] | None:
    """JSON values one after another (`kubectl get -w -o json`), or None where it is none: flow YAML begins alike."""
    try:
        return [Document(1, _json_value(text))]
    except (msgspec.DecodeError, RecursionError):
        pass
    found = json_values(text)
    return None if found is None else [Document(number, value) for number, (value, _) in enumerate(found, 1)]


def json_values(text: str) -> list[tuple[Value, str]] | None:
    """JSON values one after another, each with its own text; None where it is no JSON."""
    found: list[tuple[Value, str]] = []
    at, end = 0, len(text)
    try:
        while True:
            while at < end and text[at].isspace():
                at += 1
            if at == end:
                return found
            value, after = json.JSONDecoder().raw_decode(text, at)
            found.append((value, text[at:after]))
            at = after
    except (ValueError, RecursionError):
        return None


def _json_value(text: str) -> Value:
    """One JSON value; the items of a list stay undecoded, which saves most of the time and of the memory."""
    try:
        fields = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        items = msgspec.json.decode(fields.pop("items", b"[]"), type=list[msgspec.Raw])
    except msgspec.ValidationError:
        return cast(Value, msgspec.json.decode(text))
    value: dict[str, Value] = {key: msgspec.json.decode(raw) for key, raw in fields.items()}
    if items:
        value["items"] = [*items]
    return value


def _yaml(text: str) -> Iterator[Document | Broken]:
    number = 0
    for start, end in parts(text):
        try:
            for value in values(text[start:end]):
                number += 1
                yield Document(number, value)
        except yaml.YAMLError as error:
            number += 1
            yield Broken(number, why_broken(error, text.count("\n", 0, start)))


def parts(text: str) -> Iterator[tuple[int, int]]:
    """Where the parts between the lines `---` begin and end: each is read on its own, so that a broken one ends there.

    Parts that hold nothing but `%YAML` and comments are left out.
    """
    start = 0
    for separator in [*_SEPARATOR.finditer(text), None]:
        end = separator.start() if separator else len(text)
        if any(line.strip() and not line.startswith(("%", "#")) for line in text[start:end].splitlines()):
            yield start, end
        start = separator.end() if separator else end


def why_broken(error: yaml.YAMLError, lines_before: int) -> str:
    """One line, with the line in the file, for a part that begins after so many lines."""
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).splitlines()[0]
    mark = getattr(error, "problem_mark", None)
    return f"not YAML: {problem} (line {lines_before + mark.line + 1})" if mark else f"not YAML: {problem}"


class _Open(msgspec.Struct):
    """A list or an object that is being built; of an object, keys and values in turn."""

    mapping: bool
    anchor: str | None
    items: list[Any] = []

    @property
    def wants_key(self) -> bool:
        return self.mapping and len(self.items) % 2 == 0


def values(part: str) -> Iterator[Value]:
    """The documents of one part, built from the parser's events.

    Not from its nodes: composing these takes five times as long, and overruns the stack on deep nesting. Raises
    yaml.YAMLError.
    """
    parser = _Parser(part)
    anchors: dict[str, Value] = {}
    merges = False
    outer: list[_Open] = []
    top = _Open(mapping=False, anchor=None)
    while True:
        event = parser.get_event()
        kind = type(event)
        if kind is ScalarEvent:
            plain = event.implicit[0] or event.tag in _EXPLICIT
            value: Any
            if top.wants_key:
                merge = plain and event.value == "<<"
                merges = merges or merge
                value = _MERGE if merge else _key(event.value) if plain else event.value
            else:
                value = scalar(event.value) if plain else event.value
            if event.anchor:
                anchors[event.anchor] = value
            top.items.append(value)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            if top.wants_key:
                raise _refused("a key that is a list or an object", event)
            if len(outer) == _DEEPEST:
                raise _refused("nested too deeply", event)
            outer.append(top)
            top = _Open(mapping=kind is MappingStartEvent, anchor=event.anchor)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            value = top.items
            if top.mapping:
                keys, held = top.items[::2], top.items[1::2]
                value = _merged(keys, held, event) if merges else dict(zip(keys, held, strict=True))
            if top.anchor:
                anchors[top.anchor] = value
            top = outer.pop()
            top.items.append(value)
        elif kind is AliasEvent:
            if event.anchor not in anchors:
                raise _refused(f"found undefined alias {event.anchor!r}", event)
            value = anchors[event.anchor]
            if top.wants_key and not isinstance(value, str):
                raise _refused("a key that is no text", event)
            top.items.append(value)
        elif kind is DocumentEndEvent:
            yield top.items.pop()
            anchors = {}
        elif kind is StreamEndEvent:
            return


def _refused(problem: str, event: Event) -> yaml.YAMLError:
    mark: Any = event.start_mark
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def _merged(keys: list[Any], values: list[Any], event: Event) -> dict[str, Value]:
    """The object of these pairs, where `<<` brings in the fields of others at its place: what comes later wins."""
    found: dict[str, Value] = {}
    for key, value in zip(keys, values, strict=True):
        if key is not _MERGE:
            found[key] = value
            continue
        for source in reversed(value) if isinstance(value, list) else [value]:
            if not isinstance(source, dict):
                raise _refused("a merge key (<<) that brings in no object", event)
            found.update(source)
    return found


@lru_cache(maxsize=1024)
def _key(text: str) -> str:
    """What an unquoted key is called: `on` is "true", `0x10` is "16"."""
    value = scalar(text)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else text


@lru_cache(maxsize=4096)
def scalar(text: str) -> Value:
    """What an unquoted scalar means."""
    if text in _NULL:
        return None
    if text[0] not in _NOT_TEXT:
        return text
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    digits = text.replace("_", "")
    if _INTEGER.fullmatch(digits):
        return _integer(digits)
    if _FLOAT.fullmatch(digits):
        return float(digits)
    if text in _FLOAT_WORDS:
        return float(text.replace(".", "", 1))
    return text


def _integer(digits: str) -> int | float:
    body = digits.lstrip("+-")
    if body.isdigit() and len(body) > 19:
        return float(digits)
    octal = len(body) > 1 and body[0] == "0" and body[1].isdigit()
    number = int(body, 8) if octal else int(body, 0)
    return -number if digits[0] == "-" else number
