"""A list in protobuf as facts, made one by one as it arrives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from kubectl_ambient.kube.accept import METADATA
from kubectl_ambient.kube.decoding import BadObject, ListMeta, check_list, no_list
from kubectl_ambient.kube.wanted import Wanted

from .envelope import BadEnvelope, ListStream
from .views import ERRORS, viewer

F = TypeVar("F")
_BATCH = 500


def decoded(chunks: Iterable[bytes | bytearray], wanted: Wanted[Any, F]) -> Iterator[tuple[list[F], ListMeta]]:
    """Some facts at a time, the last with the end of the list; an object that cannot be read is told to `on_bad`.

    Raises BadAnswer for what is no list of the resource, and for one that breaks off.
    """
    resource, where, partial, fact = wanted.resource, wanted.where, wanted.partial, wanted.fact
    of: Any = wanted.of
    view = viewer(of, METADATA if partial else resource.kind)
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
                wanted.on_bad(BadObject(resource.kind, "", "", "its protobuf cannot be read"))
            if len(found) == _BATCH:
                yield found, _metadata(stream)
                found = []
    except BadEnvelope as error:
        raise no_list(resource, where, str(error)) from None
    check_list(stream.kind, stream.api_version, resource, where, partial=partial)
    yield found, _metadata(stream)


def _metadata(stream: ListStream) -> ListMeta:
    return ListMeta(stream.resource_version, stream.continue_ or None)
