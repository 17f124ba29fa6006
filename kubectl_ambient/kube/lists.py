"""A whole list in one answer, as facts that are made while it arrives.

The API server has what it lists at hand and writes it item by item (Kubernetes 1.33 and later,
StreamingCollectionEncodingToProtobuf); the pages of a list it reads anew from etcd.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from .answers import PROTOBUF
from .decoding import ListMeta
from .errors import ConnectionFailed
from .pages import Page, facts_in
from .request import Request
from .transport import Transport
from .wanted import Wanted

F = TypeVar("F")


def read_at_once(transport: Transport, request: Request, wanted: Wanted[Any, F]) -> Iterator[Page[F]]:
    """The facts of a list, some at a time. One that breaks off is begun anew, once: its first page is `restarted`."""
    wanted = wanted.telling_once()
    again = False
    while True:
        try:
            with transport.body(request) as (_, chunks):
                restarted = again
                for items, meta in _decoded(chunks, wanted):
                    yield Page(items, meta.resource_version, restarted)
                    restarted = False
            return
        except ConnectionFailed as error:
            if again or not error.reset:
                raise
            again = True


def _decoded(chunks: Iterator[bytes], wanted: Wanted[Any, F]) -> Iterator[tuple[list[F], ListMeta]]:
    """In whichever encoding the server chose."""
    first = b""
    while len(first) < len(PROTOBUF) and (more := next(chunks, b"")):
        first += more
    if first.startswith(PROTOBUF):
        from .protobuf.lists import decoded

        yield from decoded(_behind(first, chunks), wanted)
        return
    body = bytearray(first)
    for chunk in chunks:
        body += chunk
    yield facts_in(body, wanted)


def _behind(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from chunks
