"""In which line of its file an object stands, and each of its fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from kubectl_ambient.cluster.documents import decode, parts
from kubectl_ambient.cluster.objects import reference
from kubectl_ambient.cluster.place import Place, Places

_STEP = re.compile(r"([^.\[\]]+)|\[([^\]]*)\]")


class Lines:
    """Finds lines in the files that `places` names; each is read again when it is first asked for.

    namespace: of objects that name none.
    """

    def __init__(self, places: Places, namespace: str) -> None:
        self._places = places
        self._namespace = namespace
        self._found: dict[str, dict[str, _Stands]] = {}

    def place(self, ref: str) -> Place | None:
        """The file of an object; None where none holds it."""
        return self._places.get(ref)

    def line(self, ref: str, field: str = "") -> int | None:
        """The line, from 1, of the field, or of as much of its path as is there; None where that cannot be told."""
        place = self._places.get(ref)
        if place is None or place.file == "-":
            return None
        if place.file not in self._found:
            self._found[place.file] = dict(_objects(place.file, self._namespace))
        stands = self._found[place.file].get(ref)
        return stands.line(field) if stands else None


class _Stands:
    def __init__(self, node: Any, before: int) -> None:
        self._node = node
        self._before = before  # lines of the file before its part

    def line(self, field: str) -> int:
        node, mark = self._node, self._node.start_mark
        for step in _steps(field):
            found = _child(node, step)
            if found is None:
                break
            key, node = found
            mark = key.start_mark
        return int(self._before + mark.line + 1)


def _objects(file: str, namespace: str) -> Iterator[tuple[str, _Stands]]:
    """Every object of a file; of one that comes twice the last. Nothing of a file that cannot be read any more."""
    try:
        with open(file, "rb") as opened:  # noqa: PTH123 (the path as it was given)
            text = decode(opened.read())
    except (OSError, UnicodeDecodeError):
        return
    for start, end in parts(text):
        try:
            node = yaml.compose(text[start:end], Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except yaml.YAMLError:
            continue
        before = text.count("\n", 0, start)
        for of_kind, one in _items(node, ""):
            metadata = _value(one, "metadata")
            kind, name = _text(one, "kind") or of_kind, _text(metadata, "name") or _text(metadata, "generateName")
            home = _text(metadata, "namespace") or namespace
            for ref in {reference(kind, home, name), reference(kind, "", name)} if kind and name else ():
                yield ref, _Stands(one, before)


def _items(node: Any, kind: str) -> Iterator[tuple[str, Any]]:
    """The objects of a document, each with the kind that its list gives it."""
    own = _text(node, "kind") or kind
    items = _value(node, "items")
    if own.endswith("List") and isinstance(items, yaml.SequenceNode):
        for item in items.value:
            yield from _items(item, "" if own == "List" else own.removesuffix("List"))
    elif isinstance(node, yaml.MappingNode):
        yield own, node


def _steps(field: str) -> Iterator[str]:
    """`metadata.labels[istio.io/rev]` as `metadata`, `labels`, `istio.io/rev`."""
    return (plain or key for plain, key in _STEP.findall(field.partition(" ")[0]))


def _child(node: Any, step: str) -> tuple[Any, Any] | None:
    if isinstance(node, yaml.MappingNode):
        pairs: Iterable[tuple[Any, Any]] = node.value
        return next(((k, v) for k, v in pairs if getattr(k, "value", None) == step), None)
    if isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
        return node.value[int(step)], node.value[int(step)]
    return None


def _value(node: Any, key: str) -> Any:
    found = _child(node, key) if isinstance(node, yaml.MappingNode) else None
    return found[1] if found else None


def _text(node: Any, key: str) -> str:
    value = _value(node, key)
    return str(value.value) if isinstance(value, yaml.ScalarNode) else ""
