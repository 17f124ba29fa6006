"""Says which field of an object has the wrong type, and what it holds.

msgspec names the path but not the key of a map, so that is looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

_EXPECTED = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<got>[^`]+)`(?: - at `\$(?P<path>[^`]*)`)?")
_ELSEWHERE = re.compile(r"(?P<why>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?")
_INDEX = re.compile(r"\[(\d+)\]")
_ANY_KEY = "[...]"
_WORDS = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "a boolean",
    "object": "an object",
    "array": "a list",
    "null": "null",
    "datetime": "a time",
}


def describe(error: msgspec.ValidationError, value: object, place: str = "") -> str:
    """One line for the error that decoding `value` (dicts and lists), which stands at `place`, raised.

    As in `metadata.labels[team]: expected a string, got a boolean true (put it in quotes)`.
    """
    found = _EXPECTED.fullmatch(str(error))
    if not found:
        other = _ELSEWHERE.fullmatch(str(error))
        path, why = (other["path"], other["why"]) if other else ("", str(error))
        return f"{path}: {why}" if path else why
    wanted, got = _words(found["wanted"]), found["got"]
    for where, culprit in _at(value, found["path"] or "", place):
        if _type_of(culprit) == got:
            return mismatch(where or "the object", wanted, culprit)
    return f"{(found['path'] or '').lstrip('.')}: expected {wanted}, got {_words(got)}"


def mismatch(where: str, wanted: str, value: object) -> str:
    """`metadata.name: expected a string, got a boolean false (put it in quotes)`."""
    kind = _type_of(value)
    hint = " (put it in quotes)" if wanted == "a string" and isinstance(value, bool | int | float) else ""
    return f"{where}: expected {wanted}, got {_WORDS.get(kind, kind)}{_shown(value)}{hint}"


def _words(types: str) -> str:
    return " or ".join(_WORDS.get(name, name) for name in types.split(" | ") if name != "null") or "null"


def _type_of(value: object) -> str:
    names = {str: "str", bool: "bool", int: "int", float: "float", dict: "object", list: "array", type(None): "null"}
    return names.get(type(value), type(value).__name__)


def _shown(value: object) -> str:
    if isinstance(value, str | bool | int | float):
        return " " + msgspec.json.encode(value).decode()[:60]
    return ""


def _at(value: object, path: str, where: str) -> Iterator[tuple[str, object]]:
    """Every place that the path (`.metadata.labels[...]`) may mean, and what stands there."""
    if not path:
        yield where, value
    elif path.startswith(_ANY_KEY):
        entries = value.items() if isinstance(value, dict) else ()
        for key, entry in entries:
            yield from _at(entry, path.removeprefix(_ANY_KEY), f"{where}[{key}]")
    elif index := _INDEX.match(path):
        if isinstance(value, list) and int(index[1]) < len(value):
            yield from _at(value[int(index[1])], path[index.end() :], f"{where}{index[0]}")
    elif isinstance(value, dict):
        for key, entry in value.items():  # a key may have dots in it
            rest = path.removeprefix(f".{key}")
            if rest != path and rest[:1] in ("", ".", "["):
                shown = f"[{key}]" if "." in str(key) else f".{key}"
                yield from _at(entry, rest, f"{where}{shown}".lstrip("."))
