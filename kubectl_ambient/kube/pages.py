"""Lists, read a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Generic, NamedTuple, TypeVar

from .decoding import BadObject, OnBad, decode_list
from .errors import Expired
from .resources import Resource
from .transport import Request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list. `restarted`: the list began anew, the pages before this one count no more."""

    items: list[T]
    resource_version: str
    restarted: bool = False


class Listing(NamedTuple, Generic[T]):
    """A whole list, and the resource version that it was read at: where a watch goes on from."""

    items: list[T]
    resource_version: str


def read_pages(
    send: Callable[[Request], bytearray],
    request: Request,
    of: type[T],
    resource: Resource,
    *,
    chunk_size: int,
    where: str,
    on_bad: OnBad,
) -> Iterator[Page[T]]:
    """The pages that `request` lists, `chunk_size` items each (0: all at once).

    All pages show one moment. Where the server has forgotten that moment in the middle (410), everything is
    asked for once more at once, as one page that is marked `restarted`. A bad object is told once.
    """
    told: set[BadObject] = set()

    def tell(bad: BadObject) -> None:
        if bad not in told:
            told.add(bad)
            on_bad(bad)

    token, restarted = "", False
    while True:
        query = request.query
        if chunk_size > 0 and not restarted:
            query += (("limit", str(chunk_size)),)
        if token:
            query += (("continue", token),)
        try:
            body = send(replace(request, query=query))
        except Expired:
            if not token:
                raise
            token, restarted = "", True
            continue
        items, meta = decode_list(body, of, resource, where, tell)
        del body  # a page is megabytes, and the caller may keep us waiting
        yield Page(items, meta.resource_version, restarted)
        token = meta.continue_ or ""
        if not token:
            return


def gather(pages: Iterator[Page[T]]) -> tuple[list[list[T]], str]:
    """The items of every page that counts, and the resource version of the last."""
    kept: list[list[T]] = []
    version = ""
    for page in pages:
        if page.restarted:
            kept.clear()
        kept.append(page.items)
        version = page.resource_version
    return kept, version
