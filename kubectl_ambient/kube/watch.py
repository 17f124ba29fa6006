"""Watches: what happens to the objects of a list from a resource version on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from . import transport
from .answers import read_status, status_error
from .deadline import TimedOut
from .decoding import OnBad, bad_object, decoder_of, name_of, other_kind
from .errors import ApiError, BadAnswer, ConnectionFailed, KubeError, printable
from .request import Request
from .resources import Resource
from .transport import Transport

T = TypeVar("T")

_SECONDS = (300, 600)  # how long one request watches, as client-go does it
_GRACE = 30.0  # seconds of silence beyond that, after which the connection is held for dead
_FIRST_WAIT, _LONGEST_WAIT = 0.8, 30.0  # as client-go's reflector
_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_WARMING_UP = 15.0  # seconds for which a refusal may be that of a server that has just begun
_CALM = 120.0  # seconds without a pause, after which the next is a first one


class WatchEvent(Struct, Generic[T], frozen=True):
    """One change. A BOOKMARK has no object: it tells only how far the watch has come."""

    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
    object: T | None
    resource_version: str


class Backoff:
    """Pauses that grow, so that a server in need is not asked again and again."""

    def __init__(self) -> None:
        self._next = _FIRST_WAIT
        self._last = 0.0

    def wait(self) -> None:
        """Sleep; up to twice as long as the time before, unless that is long ago."""
        import random

        if time.monotonic() - self._last > _CALM:
            self._next = _FIRST_WAIT
        transport.sleep(random.uniform(self._next / 2, self._next))
        self._next = min(self._next * 2, _LONGEST_WAIT)
        self._last = time.monotonic()


def patiently(ask: Callable[[], T], away: Callable[[KubeError], None], *, again: bool = False) -> T:
    """What `ask` returns once the server is there again, however long that takes; `away` is told each failure.

    again: the server has allowed it before, so that a refusal may be that of one that has just begun to serve, and
    has not read its roles yet. Raises KubeError: a refusal, and the time of one request.
    """
    backoff, refused = Backoff(), 0.0
    while True:
        try:
            return ask()
        except KubeError as e:
            if not passes(e):
                refused = refused or time.monotonic()
                if not (again and _is_refusal(e)) or time.monotonic() - refused > _WARMING_UP:
                    raise
            away(e)
        backoff.wait()


def _is_refusal(error: KubeError) -> bool:
    return isinstance(error, ApiError) and error.status in (401, 403)


def passes(error: KubeError) -> bool:
    """Whether it says that the server is away or in need, and may soon be no more."""
    if isinstance(error, ApiError):
        return error.is_too_many_requests or error.status >= 500
    return isinstance(error, ConnectionFailed) and not isinstance(error, TimedOut)


class _Envelope(msgspec.Struct, gc=False):
    type: str
    object: msgspec.Raw


def watch_events(
    source: Transport,
    request: Request,
    of: type[T],
    resource: Resource,
    resource_version: str,
    *,
    on_bad: OnBad,
    metadata_only: bool = False,
) -> Iterator[WatchEvent[T]]:
    """Yields events over as many requests as it takes, until the time of one is over (`--request-timeout`).

    A connection that ends well is taken up again where it ended, after a pause where it ended at once. Raises
    Expired when the server no longer has the resource version, and ConnectionFailed or the ApiError of a server
    in need (`passes`) when a connection breaks: list again, since nothing in a watch says when it has caught up.
    Raises ApiError for a refusal too, and BadAnswer for what is no event of the resource.
    """
    import random

    backoff = Backoff()
    while True:
        seconds = random.randint(*_SECONDS)
        query = (
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", resource_version),
            ("timeoutSeconds", str(seconds)),
        )
        began = time.monotonic()
        try:
            with source.stream(replace(request, query=request.query + query), seconds + _GRACE) as chunks:
                for line in _lines(chunks):
                    event = _event(line, of, resource, on_bad, partial=metadata_only)
                    resource_version = event.resource_version or resource_version
                    if event.object is not None or event.type == "BOOKMARK":
                        yield event
        except TimedOut:
            return  # as kubectl ends
        if time.monotonic() - began <= 1:
            # An end at once is no better than a failure: something between us cuts watches off.
            backoff.wait()


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Whole lines; what is left over when the connection ends was cut off, and comes again."""
    rest: list[bytes] = []
    for chunk in chunks:
        *lines, last = chunk.split(b"\n")
        for line in lines:
            whole = b"".join((*rest, line))
            rest.clear()
            if whole.strip():
                yield whole
        if last:
            rest.append(last)


def _event(line: bytes, of: type[T], resource: Resource, on_bad: OnBad, *, partial: bool) -> WatchEvent[Any]:
    """The event of one line; its object is None where it does not fit, after `on_bad` was told."""
    try:
        envelope = decoder_of(_Envelope).decode(line)
    except _ERRORS as e:
        raise _unreadable(resource, str(e)) from None
    raw: msgspec.Raw = envelope.object
    if envelope.type == "ERROR":
        status = read_status(raw)
        if status is None:
            raise BadAnswer(f"error: the watch of {resource.full_name} ended with an error without a Status")
        raise status_error(status, status.code or 500)
    version = name_of(raw).resource_version
    if envelope.type == "BOOKMARK":
        return WatchEvent("BOOKMARK", None, version)
    if envelope.type not in ("ADDED", "MODIFIED", "DELETED"):
        raise _unreadable(resource, f"got invalid watch event type: {envelope.type}")
    try:
        if why := other_kind(raw, resource, partial=partial):
            raise _unreadable(resource, why)
        return WatchEvent(envelope.type, decoder_of(of).decode(raw), version)
    except _ERRORS as e:
        on_bad(bad_object(raw, resource, e))
        return WatchEvent(envelope.type, None, version)


def _unreadable(resource: Resource, why: str) -> BadAnswer:
    return BadAnswer(f"error: the watch of {resource.full_name} cannot be read: {printable(why, 300)}")
