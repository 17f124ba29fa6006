"""Lists, read a page at a time."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from .answers import PROTOBUF
from .decoding import BadObject, ListMeta, decode_list
from .errors import ConnectionFailed, Expired
from .parallel import start
from .request import Request
from .transport import Transport
from .wanted import Wanted

T = TypeVar("T")
F = TypeVar("F")
PAGE = 500  # objects; kubectl's own


class Page(Struct, Generic[T], frozen=True):
    """Some items of a list. `restarted`: the list began anew, the pages before this one count no more."""

    items: list[T]
    resource_version: str
    restarted: bool = False


class Listing(NamedTuple, Generic[T]):
    """A whole list, and the resource version that it was read at: where a watch goes on from."""

    items: list[T]
    resource_version: str


def read_pages(
    send: Callable[[Request], bytearray], request: Request, wanted: Wanted[Any, F], chunk_size: int | None
) -> Iterator[Page[F]]:
    """The pages of facts that `request` lists, `chunk_size` items each (0: all at once, None: as kubectl).

    All pages show one moment. Where the server has forgotten that moment in the middle (410), everything is
    asked for once more at once, as one page that is marked `restarted`. A bad object is told once.
    """
    limit = PAGE if chunk_size is None else chunk_size
    wanted = wanted.telling_once()

    def ask(token: str) -> bytearray:
        query = request.query
        if limit > 0 and not restarted:
            query += (("limit", str(limit)),)
        if token:
            query += (("continue", token),)
        return send(replace(request, query=query))

    token, restarted = "", False
    ahead: _Ahead | None = None
    while True:
        try:
            body = ahead.body() if ahead and ahead.token == token else ask(token)
        except Expired:
            if not token:
                raise
            token, restarted, ahead = "", True, None
            continue
        ahead = _Ahead(following, ask) if (following := _token_in(body)) else None
        items, meta = facts_in(body, wanted)
        del body  # a page is megabytes, and the caller may keep us waiting
        yield Page(items, meta.resource_version, restarted)
        token = meta.continue_ or ""
        if not token:
            return


def few_or_many(
    transport: Transport,
    request: Request,
    wanted: Wanted[Any, F],
    many: Callable[[], Iterator[Page[F]]],
) -> Iterator[Page[F]]:
    """A list that fits into one page; else what `many` reads, from its beginning.

    Most clusters are small: they are asked no more than this, and need not know how long lists are best asked for.
    """
    bad: list[BadObject] = []
    body = _whole(transport, replace(request, query=(*request.query, ("limit", str(PAGE)))))
    if body is None:
        yield from many()
        return
    facts, meta = facts_in(body, replace(wanted, on_bad=bad.append))
    if meta.continue_:
        yield from many()
        return
    for one in bad:
        wanted.on_bad(one)
    yield Page(facts, meta.resource_version)


def _whole(transport: Transport, request: Request) -> bytearray | None:
    """The answer, or None where its beginning tells of more: the rest of it, megabytes, is left to the server.

    One that breaks off is asked for anew, once.
    """
    again = False
    while True:
        body = bytearray()
        try:
            with transport.body(request) as (_, chunks):
                looked = False
                for chunk in chunks:
                    body += chunk
                    if not looked and len(body) >= _METADATA_ENDS:
                        looked = True
                        if _token_in(body):
                            return None
            return None if _token_in(body) else body
        except ConnectionFailed as error:
            if again or not error.reset:
                raise
            again = True


def facts_in(body: bytearray, wanted: Wanted[Any, F]) -> tuple[list[F], ListMeta]:
    """The facts of a list in whichever encoding, and its metadata; see `decode_list`."""
    if not body.startswith(PROTOBUF):
        w = wanted
        found, meta = decode_list(body, w.of, w.resource, w.where, w.on_bad, partial=w.partial)
        return [w.fact(item) for item in found], meta
    from .protobuf.lists import decoded

    facts: list[F] = []
    meta = ListMeta()
    for some, meta in decoded((body,), wanted):  # noqa: B007
        facts += some
    return facts, meta


_CONTINUE = re.compile(rb'"continue":("(?:[^"\\]|\\.)+")')
_METADATA_ENDS = 4096  # a server writes a list's metadata first; the token is some hundred bytes


def _token_in(body: bytearray) -> str:
    """The continue token near the beginning of a list, or empty. It is a guess until the list is decoded."""
    if body.startswith(PROTOBUF):
        from .protobuf.envelope import continue_in

        return continue_in(body)
    found = _CONTINUE.search(body, 0, _METADATA_ENDS)
    return str(msgspec.json.decode(found[1])) if found else ""


class _Ahead:
    """The next page, asked for while this one is decoded: the server and we work at the same time."""

    def __init__(self, token: str, ask: Callable[[str], bytearray]) -> None:
        self.token = token
        self._outcome: bytearray | Exception | None = None
        self._there = threading.Event()
        self._running = start(partial(self._run, ask), 1)
        if not (self._running() or self._there.is_set()):
            self._run(ask)

    def _run(self, ask: Callable[[str], bytearray]) -> None:
        try:
            self._outcome = ask(self.token)
        except Exception as e:
            self._outcome = e
        finally:
            self._there.set()

    def body(self) -> bytearray:
        """The answer, once it is there. Raises what the asking raised."""
        while self._running() and not self._there.wait(0.5):
            pass  # on Windows Ctrl-C is noticed only in between
        outcome, self._outcome = self._outcome, None
        if isinstance(outcome, bytearray):
            return outcome
        raise outcome or RuntimeError("the page ahead was asked for and never came")


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
