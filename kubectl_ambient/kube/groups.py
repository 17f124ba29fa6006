"""Which API groups a server has: what is in none of them need not be asked for."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from .decoding import decode_one
from .errors import ApiError, BadAnswer
from .request import Request


class _Group(msgspec.Struct, frozen=True, gc=False):
    name: str = ""


class _GroupList(msgspec.Struct, frozen=True, gc=False):
    groups: list[_Group]


def served_groups(send: Callable[[Request], bytearray], host: str) -> frozenset[str] | None:
    """Their names; None where the server does not tell. Raises ConnectionFailed.

    Everybody who is known to a server may ask, unless that was taken away [Kubernetes docs, `system:discovery`].
    """
    try:
        found = decode_one(send(Request("/apis")), _GroupList, f"{host}/apis")
    except (ApiError, BadAnswer):
        return None
    return frozenset(group.name for group in found.groups)
