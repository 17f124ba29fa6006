"""A cluster as a snapshot: reads from the API what is asked for, and nothing else.

The asks of a round go side by side. What is refused or missing becomes an Unread and stops nothing else. Pages are
dropped as soon as they are facts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from kubectl_ambient.cluster.facts import FORBIDDEN, NOT_FOUND, Unread
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.needs.ask import Ask, Needs
from kubectl_ambient.cluster.reading.taking import keyed, part
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import ApiError, BadAnswer, KubeError
from kubectl_ambient.kube.parallel import begin

# Facts, each with the kind that it is of and its key.
Facts = list[tuple[Kind[Any], str, Any]]
# What is under way: each ask with what waits for its facts.
Early = Mapping[Ask, Callable[[], Facts]]


def begin_with(client: Client, asks: Sequence[Ask], chunk_size: int | None = None) -> Early:
    """Ask all of it at once and wait for nothing: what is to be done with the facts is imported meanwhile."""
    if not asks:
        return {}
    groups, calls = _calls(client, asks, chunk_size)
    begun = begin(_while_any_can_succeed([*groups, *calls]))
    return dict(zip(asks, begun[len(groups) :], strict=True))


def read_cluster(
    client: Client, needs: Needs, *, now: datetime, chunk_size: int | None = None, early: Early | None = None
) -> Snapshot:
    """The facts of a cluster at `now`, an aware datetime by the clock of this machine; the snapshot's is the server's.

    chunk_size: how many objects a page holds, 0 for all at once. early: what was begun with need not be asked again.

    Raises KubeError where there can be no answer: an ask that must be answered refused, no connection, unknown
    credentials.
    """
    snapshot = Snapshot(now=now)
    ask(client, snapshot, needs.first(), chunk_size, early)
    ask(client, snapshot, needs.second(snapshot), chunk_size)
    needs.settle(snapshot)
    snapshot.now = client.by_its_clock(now)
    return snapshot


def ask(
    client: Client,
    snapshot: Snapshot,
    asks: Sequence[Ask],
    chunk_size: int | None = None,
    early: Early | None = None,
) -> None:
    """Ask all of it at once, then put the answers into the snapshot in their order. Raises KubeError."""
    refusals: list[KubeError] = []
    counting = 0
    absent: list[Ask] = []
    unread: set[Kind[Any]] = set()
    for one, outcome in zip(asks, answers(client, asks, chunk_size, early), strict=True):
        counting += one.counts
        if not isinstance(outcome, KubeError):
            _take(snapshot, one, outcome)
        elif not one.name and isinstance(outcome, ApiError) and outcome.is_resource_missing:
            absent.append(one)
        elif one.must or not is_partial(outcome):
            raise outcome
        else:
            _note_unread(snapshot, one, outcome)
            unread |= {one.kind, *one.also}
            refusals += [outcome] if one.counts else []
    if refusals and len(refusals) == counting:
        raise refusals[0]
    for one in absent:
        _note_absent(snapshot, one, unread)


def answers(
    client: Client, asks: Sequence[Ask], chunk_size: int | None = None, early: Early | None = None
) -> list[Facts | KubeError]:
    """The facts of each ask, or why there are none."""
    groups, calls = _calls(client, asks, chunk_size, early)
    return client.side_by_side(_while_any_can_succeed([*groups, *calls]))[len(groups) :]


def _calls(
    client: Client, asks: Sequence[Ask], chunk_size: int | None, early: Early | None = None
) -> tuple[list[Callable[[], Any]], list[Callable[[], Facts]]]:
    """What is to be called first, so that no ask has to wait for it, and what gives the facts of each ask."""
    early = early or {}
    added = next((one.kind.resource for one in asks if one.kind.added and one not in early), None)
    groups: list[Callable[[], Any]] = [partial(client.require, added)] if added else []
    return groups, [early.get(one) or partial(answer, client, one, chunk_size) for one in asks]


def answer(client: Client, one: Ask, chunk_size: int | None = None) -> Facts:
    """The facts that one ask gives. Raises KubeError."""
    if one.kind.added:
        client.require(one.kind.resource)
    if one.name:
        return _one(client, one, one.namespace, one.name)
    try:
        return _list(client, one, chunk_size)
    except ApiError as refused:
        if not (refused.is_forbidden and one.kind.homes):
            raise
        return _at_home(client, one, refused)


def _list(client: Client, one: Ask, chunk_size: int | None) -> Facts:
    found: Facts = []
    for page in client.facts(
        one.kind.resource,
        one.namespace,
        type=one.kind.wire,
        fact=partial(_facts, one),
        label_selector=one.labels,
        field_selector=one.fields,
        chunk_size=chunk_size,
        metadata_only=one.kind.partial,
        on_restart=found.clear,
    ):
        for facts in page:
            found += facts
    return found


def _one(client: Client, one: Ask, namespace: str, name: str) -> Facts:
    kind = one.kind
    return _facts(one, client.get(kind.resource, name, namespace, type=kind.wire, metadata_only=kind.partial))


def _at_home(client: Client, one: Ask, refused: ApiError) -> Facts:
    """The one of that name where it usually is. Raises the refusal of the list where it is not: it may be elsewhere."""
    for namespace in one.kind.homes:
        try:
            return _one(client, one, namespace, one.anywhere or one.kind.called)
        except ApiError as error:
            if not (error.is_forbidden or error.is_not_found):
                raise
    raise refused


def _facts(one: Ask, found: Any) -> Facts:
    """What follows from one object, for each part that it belongs to."""
    metadata = found.metadata
    namespace, name = metadata.namespace or "", metadata.name or ""
    facts = [(one.kind, key, fact) for key, fact in keyed(one.kind, namespace, name, found)]
    if one.also:
        # Not those of the object, which in protobuf are made anew, unless they give no fact.
        labels = facts[0][2].labels if facts else metadata.labels or {}
        for kind in one.also:
            if kind.chooses(labels, name):
                facts += [(kind, key, fact) for key, fact in keyed(kind, namespace, name, found)]
    return facts


def _take(snapshot: Snapshot, one: Ask, facts: Facts) -> None:
    if not (one.name or one.anywhere or one.label_selector or one.field_selector or one.keep):
        for kind in (one.kind, *one.also):
            part(snapshot, kind).places.add(kind.path(one.namespace))
    keep = one.keep
    # Of an object that is not kept, what it is besides is not kept either.
    left_out = {key for kind, key, fact in facts if kind is one.kind and not keep(fact)} if keep else ()
    for kind, key, fact in facts:
        if key not in left_out:
            part(snapshot, kind).facts[key] = fact


def _note_absent(snapshot: Snapshot, one: Ask, unread: Collection[Kind[Any]]) -> None:
    found = part(snapshot, one.kind)
    # Of a part that another kind goes to as well, which could not be read, it says nothing.
    if not any(kind.part == one.kind.part for kind in unread if kind is not one.kind):
        found.absent = True
        found.places.add(one.path)


def _note_unread(snapshot: Snapshot, one: Ask, error: KubeError) -> None:
    unread = Unread(what=one.words, why=why(error))
    if one.named:
        snapshot.missing["/".join(p for p in (one.kind.kind, one.namespace, one.name) if p)] = str(error)
    for kind in (one.kind, *one.also):
        part(snapshot, kind).unread[kind.path(one.namespace, one.name)] = unread


def _while_any_can_succeed(calls: Sequence[Callable[[], Any]]) -> list[Callable[[], Any]]:
    """The calls, of which none begins once the server is lost: each would wait as long again."""
    lost: list[KubeError] = []

    def unless_lost(call: Callable[[], Any]) -> Any:
        if lost:
            raise lost[0]
        try:
            return call()
        except KubeError as error:
            if not is_partial(error):
                lost.append(error)
            raise

    return [partial(unless_lost, call) for call in calls]


def is_partial(error: KubeError) -> bool:
    """Whether the rest can still be read: the server answered, and knows who asks."""
    return isinstance(error, BadAnswer) or (isinstance(error, ApiError) and not error.is_unauthorized)


def why(error: KubeError) -> str:
    """The failure as an Unread tells it: `forbidden`, `not found`, or the server's words."""
    if not isinstance(error, ApiError):
        return str(error).removeprefix("error: ")
    if error.is_forbidden:
        return FORBIDDEN
    return NOT_FOUND if error.is_not_found else error.message
