"""The names of objects, or their labels, and nothing else, for completion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from .accept import a_list
from .decoding import decode_one
from .request import Request
from .resources import Resource

_TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"


class _Column(msgspec.Struct):
    format: str = ""


class _Row(msgspec.Struct):
    cells: list[Any]


class _Metadata(msgspec.Struct):
    labels: dict[str, str] | None = None


class _Item(msgspec.Struct):
    metadata: _Metadata


class _List(msgspec.Struct):
    items: list[_Item] | None = None


class _Table(msgspec.Struct):
    columns: list[_Column] = msgspec.field(name="columnDefinitions", default_factory=list)
    rows: list[_Row] | None = None


def first_names(
    send: Callable[[Request], bytearray], resource: Resource, namespace: str = "", *, limit: int
) -> list[str]:
    """The names of the first `limit` objects of a namespace ("": of all), in the server's order. Raises KubeError.

    Asks for the table that `kubectl get` prints, without the objects behind its rows: a few hundred bytes each.
    """
    query = (("limit", str(limit)), ("includeObject", "None"))
    request = Request(resource.path(namespace), query=query, accept=_TABLE, resource=resource)
    table = decode_one(send(request), _Table, f"the table of {resource.full_name}")
    named = [column.format == "name" for column in table.columns]
    position = named.index(True) if True in named else 0
    return [str(row.cells[position]) for row in table.rows or () if position < len(row.cells)]


def first_labels(
    send: Callable[[Request], bytearray], resource: Resource, namespace: str = "", *, limit: int
) -> list[dict[str, str]]:
    """The labels of the first `limit` objects of a namespace ("": of all), in the server's order. Raises KubeError."""
    accept = a_list(metadata_only=True)
    request = Request(resource.path(namespace), query=(("limit", str(limit)),), accept=accept, resource=resource)
    found = decode_one(send(request), _List, f"the list of {resource.full_name}")
    return [item.metadata.labels or {} for item in found.items or ()]
