"""What YAML's unquoted scalars mean to kubectl, which is YAML 1.1 as Go reads it.

`on` and `y` are booleans, a timestamp stays text, and so does a number that no 64-bit float holds.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

Scalar = None | bool | int | float | str

_TRUE = frozenset(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"))
_FALSE = frozenset(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"))
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0b[01]+|0o[0-7]+|0[0-7]*|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:$|[Tt ])")
_FLOAT_WORDS = frozenset((".inf", ".Inf", ".INF", "+.inf", "-.inf", ".nan", ".NaN", ".NAN"))
_NOT_TEXT = frozenset("-+.~0123456789nNyYtTfFoO")  # the first letters of all that is no text
_LONGEST = 400  # characters of a number: Go finds none in a longer text either, but after long work


def scalar(text: str) -> Scalar:
    """What an unquoted scalar means."""
    return _scalar(text) if len(text) < _LONGEST else text


def key(text: str) -> str:
    """What an unquoted key is called: `on` is "true", `0x10` is "16"."""
    return _key(text) if len(text) < _LONGEST else text


@lru_cache(maxsize=1024)
def _key(text: str) -> str:
    value = _scalar(text)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else text


@lru_cache(maxsize=4096)
def _scalar(text: str) -> Scalar:
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
        number = _integer(digits)
        if -(2**63) <= number < 2**64:
            return number if number < 2**63 else float(number)
    if _FLOAT.fullmatch(digits):
        found = float(digits)
        return found if math.isfinite(found) else text
    if text in _FLOAT_WORDS:
        return float(text.replace(".", "", 1))
    return text


def is_of_tag(tag: str, text: str) -> bool:
    """Whether a text is what its tag says (`!!int 5`), for those tags that Go's reader holds to."""
    prefix, _, name = tag.rpartition(":")
    if prefix != "tag:yaml.org,2002":
        return True
    value = scalar(text)
    match name:
        case "null":
            return value is None
        case "bool":
            return isinstance(value, bool)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "timestamp":
            return _TIMESTAMP.match(text) is not None
    return True


def _integer(digits: str) -> int:
    body = digits.lstrip("+-")
    octal = len(body) > 1 and body[0] == "0" and body[1].isdigit()
    number = int(body, 8) if octal else int(body, 0)
    return -number if digits[0] == "-" else number
