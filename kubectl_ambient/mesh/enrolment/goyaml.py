"""YAML as Istio's agent reads it: through Go's YAML-to-JSON into typed fields.

A plain YAML library gives other answers. In Go keys match without regard to case, unknown keys are ignored, and
scalars become text where text is wanted (`goscalars`). Source: sigs.k8s.io/yaml, its goyaml.v2 (decode),
encoding/json; held to the answers of Istio's own code in tests/golden/selectors.jsonl.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

import yaml
from msgspec import Struct
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from kubectl_ambient.kube.yaml_bounds import EXCESSIVE, is_excessive, weight
from kubectl_ambient.mesh.enrolment.goscalars import NULL, resolve

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "<<"
_TYPED = {
    "tag:yaml.org,2002:bool": ("bool",),
    "tag:yaml.org,2002:int": ("int",),
    "tag:yaml.org,2002:float": ("float", "int"),
}
_NULL_TAG, _BINARY_TAG = "tag:yaml.org,2002:null", "tag:yaml.org,2002:binary"


class Refused(ValueError):
    """The text cannot be read as what is wanted; the message says why."""


class Scalar(Struct, frozen=True):
    """A scalar: its text, its explicit tag, and whether its text says what it is (no quotes, no block, no `!!str`)."""

    text: str
    plain: bool = True
    tag: str = ""


class Sequence(Struct, frozen=True):
    """A list."""

    items: list[Node]


class Mapping(Struct, frozen=True):
    """An object: keys and values as written."""

    pairs: list[tuple[Node, Node]]


Node = Scalar | Sequence | Mapping


def compose(text: str) -> Node | None:
    """The first document of a text, None where it is empty; what follows it is not read. Raises Refused."""
    events = yaml.parse(text, Loader=_LOADER)
    try:
        for event in events:
            if isinstance(event, StreamEndEvent):
                return None
            if isinstance(event, DocumentStartEvent):
                if event.version not in (None, (1, 1)):
                    raise Refused("not YAML: only version 1.1 is read")
                return _Composer(events).node(next(events))
    except yaml.YAMLError as error:
        raise Refused(f"not YAML: {_one_line(error)}") from None
    except RecursionError:
        raise Refused("not YAML: nested too deeply") from None
    return None


class _Composer:
    """Builds nodes, and counts what they come to with each alias replaced by all that it stands for."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        # None while the anchored node is still being read.
        self._anchors: dict[str, tuple[Node, int] | None] = {}
        self._total = self._aliased = 0

    def node(self, event: Event) -> Node:
        """The node that begins with this event. Raises Refused."""
        if isinstance(event, AliasEvent):
            return self._alias(event.anchor or "")
        since = self._total
        self._total += 1
        anchor: str | None = getattr(event, "anchor", None)
        if anchor:
            self._anchors[anchor] = None
        found: Node
        if isinstance(event, ScalarEvent):
            tag = event.tag or ""  # `!` alone means text
            plain = (not event.style and not tag) or tag in _TYPED
            found = Scalar(event.value, plain=plain, tag=tag)
            self._total += weight(event.value) - 1
        else:
            below = []
            while not isinstance(inner := next(self._events), SequenceEndEvent | MappingEndEvent):
                below.append(self.node(inner))
            is_mapping = isinstance(event, MappingStartEvent)
            found = Mapping(list(zip(below[::2], below[1::2], strict=True))) if is_mapping else Sequence(below)
        if anchor:
            self._anchors[anchor] = found, self._total - since
        return found

    def _alias(self, anchor: str) -> Node:
        known = self._anchors.get(anchor)
        if known is None:
            why = "contains itself" if anchor in self._anchors else "is not known"
            raise Refused(f"not YAML: anchor {anchor} {why}")
        found, size = known
        self._total, self._aliased = self._total + 1 + size, self._aliased + size
        if is_excessive(self._aliased, self._total):
            raise Refused(f"not YAML: {EXCESSIVE}")
        return found


def items(node: Node | None, what: str) -> list[Node]:
    """The entries of a list; empty for null. Raises Refused for anything else."""
    if is_null(node):
        return []
    if not isinstance(node, Sequence):
        raise Refused(f"{what}: a list is wanted")
    return node.items


def fields(node: Node | None, what: str) -> dict[str, list[Node]]:
    """The fields of an object by folded key; empty for null. Raises Refused for anything else.

    Keys that differ only in case are one field to Go: its values come in the order in which JSON sorts the keys,
    and each is laid over the ones before. A null lays nothing, and is left out.
    """
    found: dict[str, list[Node]] = {}
    for key, value in sorted(pairs(node, what).items(), key=lambda pair: pair[0].encode()):
        if not is_null(value):
            found.setdefault(key.casefold(), []).append(value)
    return found


def pairs(node: Node | None, what: str) -> dict[str, Node]:
    """Keys and values of an object, later ones winning; none for null. Raises Refused for anything else."""
    if is_null(node):
        return {}
    if not isinstance(node, Mapping):
        raise Refused(f"{what}: an object is wanted")
    found: dict[str, Node] = {}
    for key, value in node.pairs:
        if isinstance(key, Scalar) and key.plain and key.text == _MERGE:
            # Of several, the earlier take precedence.
            for source in reversed(value.items) if isinstance(value, Sequence) else [value]:
                if not isinstance(source, Mapping):
                    raise Refused(f"{what}: a merge key wants an object, or a list of them")
                found.update(pairs(source, what))
        elif is_null(key):
            raise Refused(f"{what}: a key is null")
        else:
            found[text(key, what)] = value
    return found


def is_null(node: Node | None) -> bool:
    """Whether the node is absent, empty or null."""
    return node is None or (isinstance(node, Scalar) and node.plain and node.text in NULL)


def text(node: Node, what: str) -> str:
    """The scalar as Go puts it into a string; null becomes the empty text. Raises Refused for a list or object."""
    if not isinstance(node, Scalar):
        raise Refused(f"{what}: a text is wanted")
    if node.plain:
        kind, found = resolve(node.text)
        if node.tag and kind not in _TYPED[node.tag]:
            raise Refused(f"{what}: {node.text!r} is no {node.tag.rpartition(':')[2]}")
        return found
    if node.tag == _NULL_TAG and node.text not in NULL:
        raise Refused(f"{what}: {node.text} is no null")
    if node.tag == _BINARY_TAG:
        try:
            return base64.b64decode(node.text, validate=True).decode("utf-8", "replace")
        except binascii.Error:
            raise Refused(f"{what}: not base64") from None
    return "" if node.tag == _NULL_TAG else node.text


def _one_line(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    mark = getattr(error, "problem_mark", None)
    return f"{problem} (line {mark.line + 1})" if mark else str(problem)
