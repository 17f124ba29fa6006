"""YAML as Istio's agent reads it: through Go's YAML-to-JSON into typed fields.

A plain YAML library gives other answers: there, `mesh: on` is a boolean and no text. In Go an unquoted scalar
becomes text where text is wanted (`on` is "true", `1.0` is "1"), keys match without regard to case, and unknown
keys are ignored. Source: sigs.k8s.io/yaml, its goyaml.v2 (resolve), encoding/json.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TRUE = {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"}
_FALSE = {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"}
_NULL = {"", "~", "null", "Null", "NULL"}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INT = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]*|[1-9][0-9]*)")
_EXPONENT_FROM = 6
_LARGEST_SINGLE = 3.4028235677973366e38
_INFINITIES = {
    ".inf": "+Inf",
    ".Inf": "+Inf",
    ".INF": "+Inf",
    "+.inf": "+Inf",
    "-.inf": "-Inf",
    ".nan": "NaN",
}


class Refused(ValueError):
    """The text cannot be read as what is wanted; the message says why."""


def compose(text: str) -> yaml.Node | None:
    """The node tree of one YAML document, None where it is empty. Raises Refused where it is not YAML."""
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise Refused(f"not YAML: {_one_line(error)}") from None
    return node


def items(node: yaml.Node | None, what: str) -> list[yaml.Node]:
    """The entries of a list; empty for null. Raises Refused for anything else."""
    if is_null(node):
        return []
    if not isinstance(node, yaml.SequenceNode):
        raise Refused(f"{what}: a list is wanted")
    return list(node.value)


def fields(node: yaml.Node | None, what: str) -> dict[str, yaml.Node]:
    """The fields of an object by lower-cased key, later ones winning; empty for null. Raises Refused."""
    return {key.lower(): value for key, value in pairs(node, what)}


def pairs(node: yaml.Node | None, what: str) -> Iterator[tuple[str, yaml.Node]]:
    """Keys and values of an object, in order; none for null. Raises Refused for anything else."""
    if is_null(node):
        return
    if not isinstance(node, yaml.MappingNode):
        raise Refused(f"{what}: an object is wanted")
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode) and key.tag == "tag:yaml.org,2002:merge":
            yield from pairs(value, what)
        else:
            yield text(key, what), value


def is_null(node: yaml.Node | None) -> bool:
    """Whether the node is absent, empty or null."""
    return node is None or (isinstance(node, yaml.ScalarNode) and _is_plain(node) and node.value in _NULL)


def text(node: yaml.Node, what: str) -> str:
    """The scalar as Go puts it into a string; null becomes the empty text. Raises Refused for a list or object."""
    if not isinstance(node, yaml.ScalarNode):
        raise Refused(f"{what}: a text is wanted")
    value = str(node.value)
    return _plain_text(value) if _is_plain(node) else value


def _is_plain(node: yaml.ScalarNode) -> bool:
    """Neither quoted nor in a block: only then is `on` a boolean."""
    return not node.style


def _plain_text(value: str) -> str:
    if value in _NULL:
        return ""
    if value in _TRUE:
        return "true"
    if value in _FALSE:
        return "false"
    if value in _INFINITIES:
        return _INFINITIES[value]
    digits = value.replace("_", "")
    if _INT.fullmatch(digits):
        return str(_integer(digits))
    if _FLOAT.fullmatch(digits):
        return go_float(float(digits))
    return value


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


def _one_line(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    mark = getattr(error, "problem_mark", None)
    return f"{problem} (line {mark.line + 1})" if mark else str(problem)
