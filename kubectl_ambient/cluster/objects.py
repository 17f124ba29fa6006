"""The Kubernetes objects in a document: lists taken apart, and what is no object told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from kubectl_ambient.cluster.documents import Broken, Document, Part, Value
from kubectl_ambient.cluster.wrong_type import mismatch
from kubectl_ambient.kube.resources import TABLE

_CLUSTER_SCOPED = frozenset(resource.kind for resource in TABLE if not resource.namespaced)
_NAMES = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number"}


class Object(msgspec.Struct, frozen=True):
    """One object as it was written: its group (empty: core), its kind, all of it, and its place in the document.

    `path` is empty for an object that is the document, and ("items", 3) for one of a list.
    """

    group: str
    kind: str
    fields: dict[str, Any]
    path: tuple[str | int, ...] = ()


class NoObject(msgspec.Struct, frozen=True):
    """Something that is no Kubernetes object, and why; `where` is its place in a list (`items[3]`), or empty."""

    why: str
    where: str = ""


def objects(value: Value) -> Iterator[Object | NoObject]:
    """The object of one document, or those of a list (`List`, `PodList`, …), in order; none of an empty document.

    The items of a typed list need not name their kind, as an API server leaves it out there.
    """
    if value is not None:
        yield from _objects(value, "", "", ())


class Objects:
    """The objects of documents that come in parts: each is given as soon as its kind is known."""

    def __init__(self) -> None:
        self._given = 0
        self._held: dict[int, Any] = {}  # items of a list whose kind comes after them

    def of(self, part: Document | Part | Broken) -> Iterator[Object | NoObject]:
        """The objects that can be told now; those of a Part that is never followed by its Document are lost."""
        if isinstance(part, Part):
            yield from self._of_part(part)
        elif isinstance(part, Document):
            yield from self._rest(part.value) if part.follows else objects(part.value)
        if not isinstance(part, Part):
            self._given, self._held = 0, {}

    def _of_part(self, part: Part) -> Iterator[Object | NoObject]:
        typed = _typed(part.beside)
        for item in part.items:
            path = ("items", self._given)
            if typed:
                yield from _objects(item, *typed, path)
            elif isinstance(item, dict) and item.get("kind") and item.get("apiVersion"):
                yield from _objects(item, "", "", path)
            else:
                self._held[self._given] = item
            self._given += 1

    def _rest(self, value: Value) -> Iterator[Object | NoObject]:
        typed = _typed(value)
        if typed is None or not isinstance(value, dict):
            kind = value.get("kind") if isinstance(value, dict) else None
            what = f"{kind} is no list" if isinstance(kind, str) and kind else "no Kubernetes object: kind is not set"
            yield NoObject(f"{what}; what stands in its items was read as if it were one")
            typed = "", ""
        rest = value.get("items") if isinstance(value, dict) else None
        for number, item in [*self._held.items(), *enumerate(rest if isinstance(rest, list) else [], self._given)]:
            yield from _objects(item, *typed, ("items", number))


def _typed(value: Value) -> tuple[str, str] | None:
    """The apiVersion and the kind of the items of a list that do not name their own; None of what is no list."""
    kind, version = (value.get("kind"), value.get("apiVersion")) if isinstance(value, dict) else (None, None)
    if not (isinstance(kind, str) and isinstance(version, str) and version and kind.endswith("List")):
        return None
    return ("", "") if kind == "List" else (version, kind.removesuffix("List"))


def _objects(value: Value, of_version: str, of_kind: str, path: tuple[str | int, ...]) -> Iterator[Object | NoObject]:
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
    if not isinstance(value, dict):
        yield NoObject(f"{_NAMES.get(type(value), 'null')}, where a Kubernetes object is wanted", where)
        return
    kind, version = value.get("kind") or of_kind, value.get("apiVersion") or of_version
    for field, found in (("kind", kind), ("apiVersion", version)):
        if not found or not isinstance(found, str):
            yield NoObject(f"no Kubernetes object: {field} is not {'a text' if found else 'set'}", where)
            return
    assert isinstance(kind, str)
    assert isinstance(version, str)
    if not kind.endswith("List") or not ("items" in value or kind == "List"):
        yield Object(version.rpartition("/")[0], kind, value, path)
        return
    items = value.get("items") or []
    if not isinstance(items, list):
        yield NoObject(f"{kind}: items is no list", where)
        return
    inner = "" if kind == "List" else kind.removesuffix("List")
    for number, item in enumerate(items):
        yield from _objects(item, version if inner else "", inner, (*path, "items", number))


def identity(found: Object, namespace: str) -> tuple[str, str]:
    """The namespace and the name of an object; those without a namespace are in `namespace`, a Node in none.

    What is to be named by the server has the name that it is to begin with (`generateName`).

    Raises ValueError, which says what is missing.
    """
    metadata = found.fields.get("metadata")
    if metadata is None:
        raise ValueError("metadata is not set")
    if not isinstance(metadata, dict):
        raise ValueError(mismatch("metadata", "an object", metadata))
    for field in ("name", "generateName", "namespace"):
        value = metadata.get(field)
        if value is not None and not isinstance(value, str):
            raise ValueError(mismatch(f"metadata.{field}", "a string", value))
    name = metadata.get("name") or metadata.get("generateName")
    if not name:
        raise ValueError("metadata.name is not set")
    return "" if found.kind in _CLUSTER_SCOPED else metadata.get("namespace") or namespace, name


def reference(kind: str, namespace: str, name: str) -> str:
    """`Pod/shop/web-1`, `Node/n1`."""
    return "/".join(part for part in (kind, namespace, name) if part)
