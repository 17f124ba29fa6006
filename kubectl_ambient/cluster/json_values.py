"""JSON values one after another (`kubectl get -w -o json`), and those of a large list item by item."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from kubectl_ambient.cluster.parts import Text, TooLarge
from kubectl_ambient.kube.yaml_bounds import DEEPEST, LARGEST, TOO_DEEP, TOO_LARGE
from kubectl_ambient.kube.yaml_text import Items, may_be_list

_SPACE = re.compile(r"[ \t\r\n]*")
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class NoJson(ValueError):
    """A text is no JSON, or none that is read as such; the message says why."""


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 400 else float(digits[:400])


_DECODER = json.JSONDecoder(parse_constant=_constant, parse_int=_integer)


def value_at(text: str, at: int, *, exact: bool = False) -> tuple[Any, int]:
    """The value that begins at an offset, and where it ends. Raises NoJson.

    exact: what is to be written again; else half a surrogate pair (`\\ud800`) becomes U+FFFD, as in Go.
    """
    try:
        value, end = _DECODER.raw_decode(text, at)
    except RecursionError:
        raise NoJson(TOO_DEEP) from None
    except json.JSONDecodeError as error:
        raise NoJson(error.msg) from None
    except ValueError as error:
        raise NoJson(str(error)) from None
    if _is_too_deep(value):
        raise NoJson(TOO_DEEP)
    if not exact and _HALF.search(text, at, end):
        value = _without_halves(value)
    return value, end


def _is_too_deep(value: Any) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        if not level:
            return False
        inner = (holder.values() if type(holder) is dict else holder for holder in level)
        level = [child for children in inner for child in children if type(child) is dict or type(child) is list]
    return bool(level)


def _without_halves(value: Any) -> Any:
    """The value with U+FFFD for each half of a surrogate pair (`\\ud800`), as Go reads it."""
    whole = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return json.loads(whole)


class JsonStream:
    """The JSON values of a stream. What is no JSON is left for a reader of YAML: `rest`, after so many `lines`."""

    def __init__(self, source: Text, before: str, hold: int) -> None:
        self.rest = before
        self.lines = 0
        self._source = source
        self._hold = hold
        self._at = 0
        self._ended = False
        self._start: int | None = 0  # of the present value, while a reader of YAML may have to begin there

    def values(self) -> Iterator[Any | Items]:
        """Each value; of one that is longer than `hold`, its `items` first, one by one.

        Ends where no JSON follows. Raises NoJson in the midst of a value of which some was given, and Unreadable.
        """
        while self._next() in ("{", "["):
            self._start = self._at
            ahead = len(self.rest) - self._at
            try:
                value, self._at = value_at(self.rest, self._at)
            except NoJson:
                if not self._ended and ahead < self._hold:
                    self._fill(self._hold - ahead)
                    continue
                if self._ended or self.rest[self._at] == "[":
                    break
                try:
                    yield from self._large()
                except NoJson as error:
                    if self._start is not None:
                        self._at = self._start
                        break
                    raise NoJson(f"{error} (line {self.line}); what follows is not read") from None
            else:
                yield value
        self._let_go(self._at)

    @property
    def line(self) -> int:
        """The line of the file, from 1, that is being read."""
        return self.lines + self.rest.count("\n", 0, self._at) + 1

    def _large(self) -> Iterator[Any | Items]:
        self._at += 1
        fields: dict[str, Any] = {}
        streamed = False
        while self._next() != "}":
            if fields:
                self._expect(",")
            name = self._value()
            self._expect(":")
            if not isinstance(name, str):
                raise NoJson("a key that is no text")
            if name == "items" and self._next() == "[" and may_be_list(fields):
                if streamed:
                    raise NoJson("items comes twice")
                streamed = True
                yield from self._items(fields)
                fields[name] = []
            else:
                fields[name] = self._value()
        self._at += 1
        yield fields

    def _items(self, beside: dict[str, Any]) -> Iterator[Items]:
        self._expect("[")
        beside, first = dict(beside), True
        while self._next() != "]":
            if not first:
                self._expect(",")
            item = self._value()
            first, self._start = False, None
            yield Items(beside, [item])
        self._at += 1

    def _value(self) -> Any:
        self._next()
        while True:
            try:
                value, end = value_at(self.rest, self._at)
                if end < len(self.rest) or self._ended:
                    self._at = end
                    return value
            except NoJson:
                if self._ended:
                    raise
            ahead = len(self.rest) - self._at
            if ahead > LARGEST:
                raise TooLarge(f"{TOO_LARGE}, or no JSON (line {self.line})")
            self._fill(ahead)

    def _next(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            found = _SPACE.match(self.rest, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self.rest) or self._ended:
                return self.rest[self._at : self._at + 1]
            self._fill()

    def _expect(self, wanted: str) -> None:
        if self._next() != wanted:
            raise NoJson(f"{wanted!r} is wanted")
        self._at += 1

    def _fill(self, least: int = 0) -> None:
        """Read on, by so much at least; what is behind is let go."""
        self._let_go(self._at if self._start is None else self._start)
        found, size = [self.rest], 0
        while not self._ended and size <= least:
            found.append(self._source.read())
            size += len(found[-1])
            self._ended = not found[-1]
        self.rest = "".join(found)

    def _let_go(self, until: int) -> None:
        self.lines += self.rest.count("\n", 0, until)
        self.rest = self.rest[until:]
        self._at -= until
        self._start = None if self._start is None else self._start - until
