"""Sets or removes one label in a YAML text by changing only what must change: mostly, one line.

Comments, order, quotes and layout stay because they are never touched. Whoever applies an edit reads the text again
and compares: an odd layout that is not foreseen here is thus found out.
"""

from __future__ import annotations

import json

import msgspec

from kubectl_ambient.cluster.editing.yaml_nodes import Node
from kubectl_ambient.kube.yaml_scalars import scalar

_ONE_LINE = ("", '"', "'")
_DEFAULT_INDENT = 2
_BEFORE_LABELS = ("namespace", "generateName", "name")  # labels go after the first of these that is there


class NotEditable(ValueError):
    """The label stands where it cannot be edited; the message says why."""


class Splice(msgspec.Struct, frozen=True):
    """A change of a text: what stands from `start` to `end` becomes `new`."""

    start: int
    end: int
    new: str


def apply(text: str, splices: list[Splice]) -> str:
    """The text with all changes made; they must not overlap."""
    for splice in sorted(splices, key=lambda s: s.start, reverse=True):
        text = text[: splice.start] + splice.new + text[splice.end :]
    return text


def set_label(text: str, owner: Node, path: tuple[str, ...], key: str, value: str) -> list[Splice]:
    """The changes that set the label `key` below `owner` (an object), at `path` (as `metadata`, `labels`).

    What of the path is missing is made. Raises NotEditable.
    """
    node, indent = owner, _DEFAULT_INDENT
    for depth, step in enumerate(path):
        rest = (*path[depth:], key)
        found = node.find(step)
        indent = _indent(node) or indent
        if found is None:
            return [_insert(text, node, rest, value, indent)]
        field, child = found
        if child.is_null:
            return [_fill(text, node, field, child, rest[1:], value, indent)]
        if child.kind == "alias" and depth == len(path) - 1:
            # What comes later wins, and the anchored object stays as it is.
            return [Splice(child.start, child.end, f"{{<<: *{child.text}, {_pair(key, value, '')}}}")]
        node = _object(child, step)
    found = node.find(key)
    if found is None:
        return [_insert(text, node, (key,), value, indent)]
    old = found[1]
    if old.kind != "scalar" or old.style not in _ONE_LINE:
        raise NotEditable(f"the value of {key} is not on one line")
    if old.start == old.end:
        return [Splice(old.start, old.end, f" {_text(value, old.style)}")]
    return [Splice(old.start, old.end, _text(value, old.style))]


def remove_label(text: str, owner: Node, path: tuple[str, ...], key: str) -> list[Splice]:
    """The changes that take the label off. Raises NotEditable."""
    node, field = owner, owner
    for step in path:
        found = node.find(step)
        if found is None:
            raise NotEditable(f"{step} is brought in from elsewhere (<<)")
        field, child = found
        node = _object(child, step)
    found = node.find(key)
    if found is None:
        raise NotEditable(f"{key} is brought in from elsewhere (<<)")
    at = next(i for i, pair in enumerate(node.pairs) if pair[0] is found[0])
    if node.flow:
        return [_remove_from_flow(node, at)]
    if found[1].kind != "scalar" or found[1].style not in _ONE_LINE:
        raise NotEditable(f"the value of {key} is not on one line")
    line = Splice(_line_start(text, found[0].start), _next_line(text, found[1].end), "")
    if len(node.items) > 2:
        return [line]
    colon = text.index(":", field.end) + 1
    return [Splice(colon, colon, " {}"), line]


def _object(node: Node, field: str) -> Node:
    if node.kind == "alias":
        raise NotEditable(f"{field} is an alias (*{node.text})")
    if node.kind != "object":
        raise NotEditable(f"{field} is no object")
    return node


def _insert(text: str, node: Node, path: tuple[str, ...], value: str, indent: int) -> Splice:
    """A new field of an object, with the objects that lead to the label."""
    if node.flow:
        quote = '"' if node.items and node.items[0].style == '"' else ""
        if not node.items:
            return Splice(node.end - 1, node.end - 1, _flow(path, value, quote))
        return Splice(node.items[-1].end, node.items[-1].end, f", {_flow(path, value, quote)}")
    first = node.items[0]
    lines = _block(path, value, first.column, indent)
    newline = _newline(text)
    after = _insert_after(node, path)
    if after is None:
        return Splice(first.start, first.start, f"{newline.join(lines).lstrip()}{newline}{' ' * first.column}")
    end = _line_end(text, after.end)
    return Splice(end, end, newline + newline.join(lines))


def _insert_after(node: Node, path: tuple[str, ...]) -> Node | None:
    """The value after whose line a field goes; None where it goes first."""
    if path[0] == "labels":
        for name in _BEFORE_LABELS:
            found = node.find(name)
            if found and found[1].kind == "scalar" and found[1].style in _ONE_LINE:
                return found[1]
        return None
    last = node.items[-1]
    return last if last.kind in ("scalar", "alias") and last.style in _ONE_LINE else None


def _fill(text: str, owner: Node, field: Node, null: Node, path: tuple[str, ...], value: str, indent: int) -> Splice:
    """A field that is null becomes an object."""
    if null.start < null.end:
        return Splice(null.start, null.end, f"{{{_flow(path, value, '')}}}")
    if owner.flow:
        return Splice(null.start, null.end, f" {{{_flow(path, value, '')}}}")
    newline = _newline(text)
    end = _line_end(text, null.end)
    return Splice(end, end, newline + newline.join(_block(path, value, field.column + indent, indent)))


def _remove_from_flow(node: Node, at: int) -> Splice:
    pairs = node.pairs
    key, value = pairs[at]
    if at > 0:
        return Splice(pairs[at - 1][1].end, value.end, "")
    if len(pairs) > 1:
        return Splice(key.start, pairs[1][0].start, "")
    return Splice(key.start, value.end, "")


def _block(path: tuple[str, ...], value: str, column: int, indent: int) -> list[str]:
    lines = [f"{' ' * (column + indent * depth)}{name}:" for depth, name in enumerate(path[:-1])]
    return [*lines, f"{' ' * (column + indent * (len(path) - 1))}{_pair(path[-1], value, '')}"]


def _flow(path: tuple[str, ...], value: str, quote: str) -> str:
    shown = _pair(path[-1], value, quote)
    for name in reversed(path[:-1]):
        shown = f"{_text(name, quote)}: {{{shown}}}"
    return shown


def _pair(key: str, value: str, quote: str) -> str:
    return f"{_text(key, quote)}: {_text(value, quote)}"


def _text(value: str, quote: str) -> str:
    """A label's key or value, quoted as its neighbours are, or as it must be to stay a text."""
    if quote == "'":
        return f"'{value}'"
    return json.dumps(value) if quote == '"' or not isinstance(scalar(value), str) else value


def _indent(node: Node) -> int:
    """By how much an object indents the first object in it; 0 where there is none."""
    for key, value in node.pairs:
        if value.kind == "object" and not value.flow and value.items[0].column > key.column:
            return value.items[0].column - key.column
    return 0


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    if end < 0:
        return len(text)
    return end - 1 if text[end - 1] == "\r" and end > at else end


def _next_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1
