"""What a server is, and how long lists are best asked of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from .errors import ApiError, BadAnswer
from .link import Link

_STREAMS_FROM = 33  # StreamingCollectionEncodingToProtobuf is on from 1.33


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


def streams_lists(version: Callable[[], ServerVersion], link: Link) -> bool:
    """Whether it writes a list item by item, and need not hold all of it. One that does not tell is asked for pages.

    link: how far it is counts for a long list, and so is known afterwards. Raises ConnectionFailed.
    """
    try:
        told = version()
        link.look(version)
    except (ApiError, BadAnswer):
        return False
    return told.minor_number >= _STREAMS_FROM
