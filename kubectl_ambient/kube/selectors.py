"""Label selectors, parsed and matched as apimachinery does it; field selectors come from `field_selectors`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from .errors import UsageError
from .field_selectors import POD_FIELDS, FieldSelector, parse_field_selector
from .label_syntax import label_key_problems, label_value_problems

__all__ = [
    "POD_FIELDS",
    "FieldSelector",
    "LabelSelector",
    "Requirement",
    "parse_field_selector",
    "parse_label_selector",
]

_TOKEN = re.compile(r"[ \t\r\n]*(==|!=|[=!(),<>]|[^=!(),<> \t\r\n\0]+|$)")
_SYMBOLS = frozenset(("=", "==", "!=", "!", "(", ")", ",", ">", "<"))
_OPERATORS = {"in": "in", "notin": "notin", "=": "=", "==": "=", "!=": "!=", ">": "gt", "<": "lt"}
_EXPECTED_OPERATORS = "in, notin, =, ==, !=, gt, lt"
_INT64 = re.compile(r"[+-]?[0-9]{1,63}")  # as long as a label value


class Requirement(NamedTuple):
    """One condition. `operator` is one of `=`, `!=`, `in`, `notin`, `exists`, `!`, `gt`, `lt`."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether these labels meet the condition."""
        value = labels.get(self.key)
        match self.operator:
            case "=" | "in":
                return value is not None and value in self.values
            case "!=" | "notin":
                return value is None or value not in self.values
            case "exists":
                return value is not None
            case "!":
                return value is None
        number, limit = _int64(value or ""), _int64(self.values[0])
        if number is None or limit is None:
            return False
        return number > limit if self.operator == "gt" else number < limit

    def __str__(self) -> str:
        match self.operator:
            case "exists":
                return self.key
            case "!":
                return f"!{self.key}"
            case "in" | "notin":
                return f"{self.key} {self.operator} ({','.join(self.values)})"
        symbol = {"gt": ">", "lt": "<"}.get(self.operator, self.operator)
        return f"{self.key}{symbol}{self.values[0]}"


class LabelSelector(NamedTuple):
    """Requirements that must all be met; none matches everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str] | None) -> bool:
        """Whether these labels (None: no labels) meet every requirement."""
        return all(r.matches(labels or {}) for r in self.requirements)

    def __bool__(self) -> bool:
        return bool(self.requirements)

    def __str__(self) -> str:
        return ",".join(map(str, self.requirements))


def parse_label_selector(text: str) -> LabelSelector:
    """Parses what stands after `-l`, such as `app=web,tier in (a,b),!legacy`.

    Raises UsageError with apimachinery's words, so that nothing is read for a selector that is invalid.
    """
    try:
        requirements = _Parser(text).parse()
    except _SyntaxError as e:
        raise UsageError(f"error: {e}") from None
    return LabelSelector(tuple(sorted(requirements, key=lambda r: r.key)))


class _SyntaxError(Exception):
    pass


class _Parser:
    """Recursive descent over apimachinery's grammar; an empty token is the end of the text."""

    def __init__(self, text: str) -> None:
        # A zero byte ends the text there.
        self._tokens = _TOKEN.findall(text.partition("\0")[0])
        self._at = 0

    def parse(self) -> list[Requirement]:
        requirements: list[Requirement] = []
        while (token := self._peek()) != "":
            if token in _SYMBOLS and token != "!":
                raise _SyntaxError(f"found '{token}', expected: !, identifier, or 'end of string'")
            try:
                requirements.append(self._requirement())
            except _SyntaxError as e:
                raise _SyntaxError(f"unable to parse requirement: {e}") from None
            after = self._next()
            if after == "":
                break
            if after != ",":
                raise _SyntaxError(f"found '{after}', expected: ',' or 'end of string'")
            if (token := self._peek()) == "" or (token in _SYMBOLS and token != "!"):
                raise _SyntaxError(f"found '{token}', expected: identifier after ','")
        return requirements

    def _requirement(self) -> Requirement:
        key = self._next()
        negated = key == "!"
        if negated:
            key = self._next()
        if key == "" or key in _SYMBOLS:
            raise _SyntaxError(f"found '{key}', expected: identifier")
        if problems := label_key_problems(key):
            raise _SyntaxError(_invalid("<nil>", key, "; ".join(problems)))
        if negated:
            return Requirement(key, "!")
        if self._peek() in ("", ","):
            return Requirement(key, "exists")
        word = self._next()
        operator = _OPERATORS.get(word)
        if operator is None:
            raise _SyntaxError(f"found '{word}', expected: {_EXPECTED_OPERATORS}")
        values = self._values() if operator in ("in", "notin") else (self._value(),)
        _check_values(key, operator, values)
        return Requirement(key, operator, values)

    def _value(self) -> str:
        if self._peek() in ("", ","):
            return ""
        token = self._next()
        if token in _SYMBOLS:
            raise _SyntaxError(f"found '{token}', expected: identifier")
        return token

    def _values(self) -> tuple[str, ...]:
        if (token := self._next()) != "(":
            raise _SyntaxError(f"found '{token}' expected: '('")
        token = self._peek()
        if token == "" or (token in _SYMBOLS and token not in (",", ")")):
            raise _SyntaxError(f"found '{token}', expected: ',', ')' or identifier")
        values: set[str] = set()
        expect_value = True  # an empty place between two commas is the empty value
        while (token := self._next()) != ")":
            if token == ",":
                if expect_value:
                    values.add("")
                expect_value = True
            elif token == "" or token in _SYMBOLS:
                raise _SyntaxError(f"found '{token}', expected: ',', or identifier")
            else:
                values.add(token)
                expect_value = False
                if self._peek() not in (",", ")"):
                    raise _SyntaxError(f"found '{self._peek()}', expected: ',' or ')'")
        if expect_value:
            values.add("")
        return tuple(sorted(values))

    def _peek(self) -> str:
        return str(self._tokens[self._at])

    def _next(self) -> str:
        token = self._peek()
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token


def _check_values(key: str, operator: str, values: tuple[str, ...]) -> None:
    errors = []
    if operator in ("gt", "lt") and _int64(values[0]) is None:
        why = "for 'Gt', 'Lt' operators, the value must be an integer"
        errors.append(_invalid("values[0]", values[0], why))
    for i, value in enumerate(values):
        if problems := label_value_problems(value):
            errors.append(_invalid(f"values[{i}][{key}]", value, "; ".join(problems)))
    if errors:
        raise _SyntaxError(errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]")


def _invalid(path: str, value: str, why: str) -> str:
    return f"{path}: Invalid value: {json.dumps(value, ensure_ascii=False)}: {why}"


def _int64(text: str) -> int | None:
    number = int(text) if _INT64.fullmatch(text) else None
    return number if number is not None and -(2**63) <= number < 2**63 else None
