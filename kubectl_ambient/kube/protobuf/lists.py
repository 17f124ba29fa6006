"""A list in protobuf as facts, made one by one as it arrives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from kubectl_ambient.kube.decoding import BadObject, ListMeta, OnBad, check_list, no_list
from kubectl_ambient.kube.resources import Resource

from .envelope import BadEnvelope, ListStream
from .views import ERRORS, viewer

F = TypeVar("F")
_BATCH = 500


def decoded(
    chunks: Iterable[bytes | bytearray],
    of: Any,
    fact: Callable[[Any], F],
    resource: Resource,
    where: str,
    on_bad: OnBad,
    *,
    partial: bool,
) -> Iterator[tuple[list[F], ListMeta]]:
    """Some facts at a time, the last with the end of the list; an object that cannot be read is told to `on_bad`.

    of: the wire type, of which `fact` makes a fact. partial: the metadata alone. where: the server, for the words of
    a BadAnswer, which is raised for what is no list of the resource, and for one that breaks off.
    """
    view = viewer(of, "PartialObjectMetadata" if partial else resource.kind)
    stream = ListStream(chunks)
    found: list[F] = []
    checked = False
    try:
        for raw in stream.items():
            if not checked:
                check_list(stream.kind, stream.api_version, resource, where, partial=partial)
                checked = True
            try:
                found.append(fact(view(raw)))
            except ERRORS:
                on_bad(BadObject(resource.kind, "", "", "its protobuf cannot be read"))
            if len(found) == _BATCH:
                yield found, _metadata(stream)
                found = []
    except BadEnvelope as error:
        raise no_list(resource, where, str(error)) from None
    check_list(stream.kind, stream.api_version, resource, where, partial=partial)
    yield found, _metadata(stream)


def _metadata(stream: ListStream) -> ListMeta:
    return ListMeta(stream.resource_version, stream.continue_ or None)
