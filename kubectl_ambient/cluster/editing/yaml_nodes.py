"""Where in a YAML text each node stands, so that one line can be changed and all others left alone.

PyYAML's own nodes would not do: they forget where an alias stands, and overrun the stack on deep nesting.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from kubectl_ambient.kube.yaml_text import Parser


class Node(msgspec.Struct):
    """A node of one document: its place as offsets into the text, and its children.

    The `end` of a block list or object is not reliable, that of all others is. `text` is a scalar's value, or the
    name of an alias; `style` is a scalar's quote (`"`, `'`, `|`, `>`, or empty).
    """

    kind: Literal["scalar", "list", "object", "alias"]
    start: int
    end: int
    column: int
    flow: bool = False
    text: str = ""
    style: str = ""
    items: list[Node] = []

    @property
    def pairs(self) -> list[tuple[Node, Node]]:
        """Keys and values of an object."""
        return list(zip(self.items[::2], self.items[1::2], strict=True))

    def find(self, key: str) -> tuple[Node, Node] | None:
        """The key and the value of a field of an object; of a field that comes twice, the last."""
        found = [pair for pair in self.pairs if pair[0].kind == "scalar" and pair[0].text == key]
        return found[-1] if found else None

    @property
    def is_null(self) -> bool:
        """Absent, or an unquoted null."""
        return self.kind == "scalar" and not self.style and self.text in ("", "~", "null", "Null", "NULL")


def compose(text: str) -> list[Node]:
    """The root nodes of the documents of a text that `yaml_text.values` could read."""
    parser = Parser(text)
    roots: list[Node] = []
    outer: list[Node] = []
    top = Node("list", 0, 0, 0)
    while True:
        event = parser.get_event()
        if isinstance(event, StreamEndEvent):
            return roots
        if isinstance(event, DocumentEndEvent):
            roots.append(top.items.pop())
            continue
        if isinstance(event, SequenceEndEvent | MappingEndEvent):
            closed: Any = event.end_mark
            top.end = closed.index
            top = outer.pop()
            continue
        first: Any = event.start_mark
        last: Any = event.end_mark
        start, end, column = first.index, last.index, first.column
        if isinstance(event, ScalarEvent):
            top.items.append(Node("scalar", start, end, column, text=event.value, style=event.style or ""))
        elif isinstance(event, AliasEvent):
            top.items.append(Node("alias", start, end, column, text=event.anchor or ""))
        elif isinstance(event, SequenceStartEvent | MappingStartEvent):
            kind: Literal["list", "object"] = "list" if isinstance(event, SequenceStartEvent) else "object"
            node = Node(kind, start, end, column, flow=bool(event.flow_style))
            top.items.append(node)
            outer.append(top)
            top = node
