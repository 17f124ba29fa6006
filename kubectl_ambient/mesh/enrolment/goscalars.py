"""An unquoted YAML scalar as Go puts it into a string: `on` is "true", `1.0` is "1", `0x1f` is "31".

Source: goyaml.v2 (resolve), sigs.k8s.io/yaml (numbers and booleans for string targets), strconv.
"""

from __future__ import annotations

import re
import struct
from typing import Literal

NULL = {"", "~", "null", "Null", "NULL"}
_TRUE = {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"}
_FALSE = {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"}
_SPECIAL = {
    **{f"{sign}.{word}": f"{sign or '+'}Inf" for sign in ("", "+", "-") for word in ("inf", "Inf", "INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), "NaN"),
}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INT = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)")
_TOO_LARGE = re.compile(r"[-+]?[1-9][0-9]{20,}")
_POINTED = re.compile(r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?")
_EXPONENT_FROM = 6
_LONGEST = 400  # characters of a number: Go finds none in a longer text either, but after long work
_LARGEST_SINGLE = 3.4028235677973366e38
_LARGEST_DOUBLE = 1.7976931348623157e308


Kind = Literal["null", "bool", "int", "float", "text"]


def resolve(value: str) -> tuple[Kind, str]:
    """What an unquoted scalar is, and its text; null has the empty one."""
    if value in NULL:
        return "null", ""
    if value in _TRUE:
        return "bool", "true"
    if value in _FALSE:
        return "bool", "false"
    if value in _SPECIAL:
        return "float", _SPECIAL[value]
    return _number(value) or ("text", value)


def _number(value: str) -> tuple[Kind, str] | None:
    """Go drops every `_` of a number, but of one that begins with a point only those between digits."""
    if len(value) > _LONGEST or value[0] == "_" or (value[0] == "." and not _POINTED.fullmatch(value)):
        return None
    digits = value.replace("_", "")
    if _INT.fullmatch(digits) and not _TOO_LARGE.fullmatch(digits):
        number = _integer(digits)
        if -(2**63) <= number < 2**64:
            return "int", str(number)
    if _FLOAT.fullmatch(digits) and abs(float(digits)) <= _LARGEST_DOUBLE:
        return "float", go_float(float(digits))
    return None


def _integer(digits: str) -> int:
    sign, body = (-1, digits[1:]) if digits[0] == "-" else (1, digits.lstrip("+"))
    if len(body) > 1 and body[0] == "0" and body[1].isdigit():
        return sign * int(body, 8)
    return sign * int(body, 0)


def go_float(value: float) -> str:
    """A float as Go's FormatFloat(v, 'g', -1, 32) writes it: the fewest digits that name the same 32-bit float."""
    if abs(value) > _LARGEST_SINGLE:
        return "-Inf" if value < 0 else "+Inf"
    (single,) = struct.unpack("f", struct.pack("f", value))
    shortest = next(s for s in (f"{single:.{n}e}" for n in range(9)) if struct.pack("f", float(s)) == _bytes(single))
    mantissa, _, power = shortest.partition("e")
    exponent = int(power)
    if exponent < -4 or exponent >= _EXPONENT_FROM:
        return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    digits = len(mantissa.lstrip("-").replace(".", "")) - 1
    return f"{single:.{max(digits - exponent, 0)}f}"


def _bytes(single: float) -> bytes:
    return struct.pack("f", single)
