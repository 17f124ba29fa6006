"""The documents of a manifest as plain dicts and lists, as kubectl reads it: YAML or JSON, several in one.

Read in a stream: what is in memory is bounded by the largest document, and of a large list by its largest item.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import yaml

from kubectl_ambient.cluster.json_values import JsonStream, NoJson, value_at
from kubectl_ambient.cluster.parts import Bytes, Parts, Text, TooLarge, Unreadable
from kubectl_ambient.kube.yaml_text import Items, pieces

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]

SEPARATOR = re.compile(r"^---[ \t]*(?:#.*)?\r?$", re.MULTILINE)
HOLD = 4 << 20
"""Characters of a document that is read as a whole; of a longer one the items come one by one."""


class Document(msgspec.Struct, frozen=True):
    """One document: its number from 1, and what it holds (None where it is empty).

    follows: some of its items were given before, as Parts.
    """

    number: int
    value: Value
    follows: bool = False


class Part(msgspec.Struct, frozen=True):
    """Some items of a large document, which comes after its last Part without them; `beside` stands before them."""

    number: int
    items: list[Any]
    beside: dict[str, Any]


class Broken(msgspec.Struct, frozen=True):
    """A document that could not be read, or not to its end: its number from 1, and why."""

    number: int
    why: str


def read(file: Bytes, hold: int = HOLD) -> Iterator[Document | Part | Broken]:
    """The documents of a file, in order. A broken one hides no other. Raises OSError."""
    reader = _Reader(Text(file), hold)
    try:
        yield from reader.read()
    except Unreadable as error:
        yield Broken(reader.number + 1, str(error))


def documents(text: str) -> list[Document | Broken]:
    """The documents of a text, each as a whole."""
    found = read(io.BytesIO(text.encode()), hold=len(text) + 1)
    return [part for part in found if not isinstance(part, Part)]


def is_empty(text: str) -> bool:
    """Whether the documents of a text hold nothing at all."""
    return all(isinstance(part, Document) and part.value is None for part in read(io.BytesIO(text.encode())))


def decode(data: bytes) -> str:
    """Bytes as text: UTF-8, or UTF-16 with its mark. Raises UnicodeDecodeError for any other."""
    utf16 = data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    return data.decode("utf-16" if utf16 else "utf-8-sig")


class _Reader:
    def __init__(self, source: Text, hold: int) -> None:
        self.number = 0
        self._source = source
        self._hold = hold
        self._follows = False

    def read(self) -> Iterator[Document | Part | Broken]:
        before = ""
        while not before.strip() and (more := self._source.read()):
            before += more
        line = 0
        if before.lstrip()[:1] in ("{", "["):
            found = JsonStream(self._source, before, self._hold)
            try:
                for value in found.values():
                    yield self._given(value)
            except (NoJson, TooLarge) as error:
                yield self._broken(f"not JSON: {error}")
                return
            before, line = found.rest, found.lines
        yield from self._yaml(Parts(self._source, before, line))

    def _yaml(self, parts: Parts) -> Iterator[Document | Part | Broken]:
        while (first := parts.next_part()) is not None:
            whole = parts.is_whole
            if whole and _is_blank(first):
                continue
            try:
                for value in pieces(first if whole else _Ahead(first, parts), self._hold):
                    yield self._given(value)
                    parts.mark()
            except yaml.YAMLError as error:
                at = getattr(error, "position", None)
                yield self._broken(why_broken(error, parts.lines_before, parts.line_at(at) if at is not None else 0))
            except TooLarge as error:
                yield self._broken(str(error))

    def _given(self, value: Any) -> Document | Part:
        if isinstance(value, Items):
            self._follows = True
            return Part(self.number + 1, value.items, value.beside)
        self.number += 1
        follows, self._follows = self._follows, False
        return Document(self.number, value, follows)

    def _broken(self, why: str) -> Broken:
        self.number += 1
        self._follows = False
        return Broken(self.number, why)


class _Ahead:
    """A part whose first bytes were read already."""

    def __init__(self, first: bytes, parts: Parts) -> None:
        self._first = first
        self._parts = parts

    def read(self, size: int, /) -> bytes:
        first, self._first = self._first, b""
        return first or self._parts.read(size)


def _is_blank(part: bytes) -> bool:
    """Whether a part holds nothing but `%YAML` and comments."""
    return not part.strip() or all(not line.strip() or line.startswith((b"%", b"#")) for line in part.splitlines())


def parts(text: str) -> Iterator[tuple[int, int]]:
    """Where the parts of a text between its lines `---` begin and end; those that hold nothing are left out."""
    start = 0
    for separator in [*SEPARATOR.finditer(text), None]:
        end = separator.start() if separator else len(text)
        if not _is_blank(text[start:end].encode()):
            yield start, end
        start = separator.end() if separator else end


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
            value, after = value_at(text, at, exact=True)
            found.append((value, text[at:after]))
            at = after
    except NoJson:
        return None


def why_broken(error: yaml.YAMLError, lines_before: int, line: int = 0) -> str:
    """One line, with the line in the file: `line`, or that of the error in a part that begins after so many lines."""
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).splitlines()[0]
    mark = getattr(error, "problem_mark", None)
    line = lines_before + mark.line + 1 if mark else line
    return f"not YAML: {problem} (line {line})" if line else f"not YAML: {problem}"
