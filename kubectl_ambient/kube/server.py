"""What a server is, and how long lists are best asked of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import msgspec
from msgspec import Struct

from .errors import ApiError, BadAnswer

_STREAMS_FROM = 33  # StreamingCollectionEncodingToProtobuf is on from 1.33
_NEAR = 0.01
"""Seconds of a small request on a connection that is there: over such a link, to compress takes longer than to send."""
_LOOKS = 3  # a server that is busy, most of all with our other lists, may answer late once

now: Callable[[], float] = time.monotonic  # one name, for tests to replace


class ServerVersion(msgspec.Struct, frozen=True, gc=False):
    """What the server says of itself: `v1.36.1`, "1", "36" (or "36+")."""

    git_version: str = msgspec.field(name="gitVersion", default="")
    major: str = ""
    minor: str = ""

    @property
    def minor_number(self) -> int:
        """36 of `1.36+`; 0 where it does not say."""
        found = re.match("[0-9]+", self.minor) if self.major == "1" else None
        return int(found[0]) if found else 0


class Server(Struct, frozen=True):
    """streams_lists: it writes a list item by item, and need not hold all of it. is_near: the link is fast."""

    streams_lists: bool
    is_near: bool


def ask_server(version: Callable[[], ServerVersion]) -> Server:
    """By the version, and the time that asking for it again takes. One that does not tell is asked for pages.

    Raises ConnectionFailed.
    """
    near = False
    try:
        told = version()
        for _ in range(_LOOKS):
            began = now()
            told = version()
            if near := now() - began < _NEAR:
                break
    except (ApiError, BadAnswer):
        return Server(streams_lists=False, is_near=False)
    streams = told.minor_number >= _STREAMS_FROM
    return Server(streams_lists=streams, is_near=near)
