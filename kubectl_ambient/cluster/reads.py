"""Reads that may fail: each knows where its answer goes, and a failure of one stops no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from msgspec import Struct

from kubectl_ambient.cluster.facts import NOT_FOUND, Unread
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import ApiError, BadAnswer, KubeError


class Read(Struct, frozen=True):
    """One read: what it is (`list nodes`), how it is done, and where its answer goes.

    `refused` gets the failure, as an Unread and as it was; without it there is no answer at all.
    """

    what: str
    call: Callable[[], Any]
    take: Callable[[Any], None]
    refused: Callable[[Unread, KubeError], None] | None = None


def into(target: Struct, field: str, what: str, call: Callable[[], Any]) -> Read:
    """A read whose answer, or whose Unread, becomes `target.field`."""
    return Read(
        what, call, lambda found: setattr(target, field, found), lambda unread, _: setattr(target, field, unread)
    )


def onto(target: Struct, field: str, what: str, call: Callable[[], list[Any]]) -> Read:
    """A read whose answer joins the list `target.field`; that becomes an Unread where one of its reads fails."""

    def take(found: list[Any]) -> None:
        so_far = getattr(target, field)
        if not isinstance(so_far, Unread):
            so_far.extend(found)

    return Read(what, call, take, lambda unread, _: setattr(target, field, unread))


def read_side_by_side(client: Client, reads: Sequence[Read]) -> None:
    """Do all of them at once, then hand out the answers in their order.

    Raises KubeError where a read without `refused` fails, and where none can succeed (no connection, credentials
    that the server does not know).
    """
    calls = _while_any_can_succeed([read.call for read in reads])
    for read, outcome in zip(reads, client.side_by_side(calls), strict=True):
        if not isinstance(outcome, KubeError):
            read.take(outcome)
        elif read.refused is None or not _is_partial(outcome):
            raise outcome
        else:
            read.refused(Unread(what=read.what, why=why(outcome)), outcome)


def _while_any_can_succeed(calls: Sequence[Callable[[], Any]]) -> list[Callable[[], Any]]:
    """The calls, of which none begins once the server is lost: each would wait as long again."""
    lost: list[KubeError] = []

    def unless_lost(call: Callable[[], Any]) -> Any:
        if lost:
            raise lost[0]
        try:
            return call()
        except KubeError as error:
            if not _is_partial(error):
                lost.append(error)
            raise

    return [partial(unless_lost, call) for call in calls]


def _is_partial(error: KubeError) -> bool:
    """Whether the rest can still be read: the server answered, and knows who asks."""
    return isinstance(error, BadAnswer) or (isinstance(error, ApiError) and not error.is_unauthorized)


def why(error: KubeError) -> str:
    """The failure as an Unread tells it: `forbidden`, `not found`, or the server's words."""
    if not isinstance(error, ApiError):
        return str(error).removeprefix("error: ")
    if error.is_forbidden:
        return "forbidden"
    return NOT_FOUND if error.is_not_found else error.message
