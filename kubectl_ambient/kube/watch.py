"""Watches: what happens to the objects of a list from a resource version on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, TypeVar

import msgspec

from . import transport
from .answers import read_status, status_error
from .decoding import OnBad, bad_object, decoder_of, name_of
from .errors import ApiError, BadAnswer, ConnectionFailed, KubeError
from .resources import Resource
from .transport import Request, Transport

T = TypeVar("T")

_SECONDS = (300, 600)  # how long one request watches, as client-go does it
_GRACE = 30.0  # seconds of silence beyond that, after which the connection is held for dead
_FAILURES = 7  # in a row, with nothing received; about a minute
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 20.0


@dataclass(frozen=True, slots=True)
class WatchEvent(Generic[T]):
    """One change. A BOOKMARK has no object: it tells only how far the watch has come."""

    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
    object: T | None
    resource_version: str


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
) -> Iterator[WatchEvent[T]]:
    """Yields events without end, over as many requests as it takes.

    A connection that ends well is taken up again where it ended; one that breaks, after a pause that grows.
    Raises Expired when the server no longer has the resource version (list again), ApiError for a refusal,
    and ConnectionFailed when the server stays away for about a minute.
    """
    import random

    failures = 0
    while True:
        seconds = random.randint(*_SECONDS)
        query = (
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", resource_version),
            ("timeoutSeconds", str(seconds)),
        )
        began = time.monotonic()
        failure: KubeError | None = None
        try:
            with source.stream(replace(request, query=request.query + query), seconds + _GRACE) as chunks:
                for line in _lines(chunks):
                    event = _event(line, of, resource, on_bad)
                    failures = 0
                    if event is not None:
                        resource_version = event.resource_version or resource_version
                        if event.object is not None or event.type == "BOOKMARK":
                            yield event
        except ApiError as e:
            if not (e.is_too_many_requests or e.status >= 500):
                raise
            failure = e
        except ConnectionFailed as e:
            failure = e
        if failure is None and time.monotonic() - began > 1:
            continue
        # An end at once is no better than a failure: something between us cuts watches off.
        failures += 1
        if failure is not None and failures >= _FAILURES:
            raise failure
        longest = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (failures - 1))
        transport.sleep(random.uniform(longest / 2, longest))


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


def _event(line: bytes, of: type[T], resource: Resource, on_bad: OnBad) -> WatchEvent[Any] | None:
    """The event of one line; its object is None where it does not fit, after `on_bad` was told."""
    try:
        envelope = decoder_of(_Envelope).decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise BadAnswer(f"error: the watch of {resource.full_name} cannot be read: {e}") from None
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
        return None
    try:
        return WatchEvent(envelope.type, decoder_of(of).decode(raw), version)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        on_bad(bad_object(raw, resource, e))
        return WatchEvent(envelope.type, None, version)
