"""Keeps a snapshot as the cluster is: the changes of what a command watches, as they come."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.cluster.found import EVERYWHERE, Found
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.kinds.namespaces import NAMESPACES
from kubectl_ambient.cluster.needs.ask import Ask
from kubectl_ambient.cluster.reading.cluster import why
from kubectl_ambient.cluster.reading.taking import keys_and_facts, part
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.foreign import stacked
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import ApiError, Expired, KubeError
from kubectl_ambient.kube.watch import Backoff, passes, patiently

_FORGOTTEN = 5  # times in a row that a list was too old at once for its watch; about ten seconds
TICK = 1.0  # seconds between looks at pods that are too young to judge


class Changes(Struct):
    """What changed since the last look: the subjects by (namespace, name), and whether anything else did.

    current: whether all watches are up to date; else nothing can be judged, and what changes is told when they are.
    lost: a sentence for each watch that came to its end, and may. outage: a sentence when the server is away, and one
    when it is back.
    """

    subjects: set[tuple[str, str]] = field(default_factory=set)
    others: bool = False
    current: bool = True
    lost: list[str] = field(default_factory=list)
    outage: list[str] = field(default_factory=list)


class _News(Struct, frozen=True):
    """All that is there, or (`gone`: what was deleted) one object of it."""

    ask: Ask
    facts: dict[str, Any]
    whole: bool = False
    gone: bool = False


class _Lost(Struct, frozen=True):
    """A watch that came to its end: what is told of it, and why."""

    ask: Ask
    unread: Unread
    sentence: str


class _Behind(Struct, frozen=True):
    """A watch that misses what happens until all is listed again; `away`: why that cannot be done for now."""

    ask: Ask
    away: KubeError | None = None


class _End:
    """The time of one request is over (`--request-timeout`)."""


_State = _News | _Lost | _Behind
_Told = _State | _End | Exception


def follow(
    client: Client, snapshot: Snapshot, watched: Callable[[Snapshot], Iterable[Ask]], *, subjects: Collection[Kind[Any]]
) -> Iterator[Changes]:
    """Update the snapshot with each batch of events, and say what changed; an empty batch comes every second.

    watched: what is to be watched, by the snapshot as it has become: what it names anew is watched from then on.
    subjects: the kinds whose changes are told object by object.

    What is watched is listed anew and watched from there, and again where the server has forgotten that point or the
    connection broke, so that nothing is missed, deletions included. While a server is away it is asked on and on. It
    ends when the time of one request does (`--request-timeout`). Raises KubeError where what must be watched can be
    watched no more, and whatever else goes wrong in a watch; what else the server does not let us watch becomes an
    Unread.
    """
    news: queue.SimpleQueue[_Told] = queue.SimpleQueue()
    taking = _Taking(snapshot, subjects)

    def begin() -> bool:
        new = [ask for ask in watched(snapshot) if taking.begins(ask)]
        for ask in new:
            threading.Thread(target=_watch, args=(client, ask, news.put), daemon=True).start()
        return bool(new)

    begin()
    while True:
        batch = _batch(news)
        snapshot.now = client.by_its_clock(datetime.now(UTC))
        changes = taking.take([told for told in batch if isinstance(told, _State)])
        yield taking.held(changes) if begin() else changes
        for told in batch:
            if isinstance(told, Exception):
                raise told
            if isinstance(told, _End):
                return


def _watch(client: Client, ask: Ask, tell: Callable[[_Told], None]) -> None:
    try:
        _watch_on(client, ask, tell)
    except KubeError as error:
        tell(error if ask.must else _lost(ask, error))
    except Exception as error:  # in a thread nobody would hear of it
        tell(error)
    else:
        tell(_End())


def _watch_on(client: Client, ask: Ask, tell: Callable[[_Told], None]) -> None:
    """List and watch, and again where the server has forgotten or was away.

    Raises Expired where it forgets again and again.
    """
    kind = ask.kind
    where: dict[str, Any] = {"type": kind.wire, "label_selector": ask.labels, "field_selector": ask.fields}
    forgotten, backoff, again = 0, Backoff(), False
    while True:
        there, version = patiently(
            partial(client.list_with_version, kind.resource, ask.namespace, **where),
            lambda error: tell(_Behind(ask, away=error)),
            again=again,
        )
        again = True
        tell(_News(ask, {key: fact for found in there for key, fact in keys_and_facts(kind, found)}, whole=True))
        try:
            for event in client.watch(kind.resource, ask.namespace, resource_version=version, **where):
                forgotten = 0
                if event.object is not None:
                    gone = event.type == "DELETED"
                    tell(_News(ask, dict(keys_and_facts(kind, event.object)), gone=gone))
        except Expired:
            forgotten += 1
            if forgotten == _FORGOTTEN:
                raise
        except KubeError as error:
            if not passes(error):
                raise
        else:
            return
        tell(_Behind(ask))
        backoff.wait()


def _lost(ask: Ask, error: KubeError) -> _Lost:
    words = f"the {ask.kind.words}" if ask.kind.label else ask.kind.words
    unread = Unread(what=f"watch {words}", why=why(error))
    follows = f"not known from now on: what {words} decide, since they can be watched no more"
    return _Lost(ask, unread, stacked([str(error), follows]))


def _batch(news: queue.SimpleQueue[_Told]) -> list[_Told]:
    """What has come within a second."""
    batch: list[_Told] = []
    try:
        batch.append(news.get(timeout=TICK))
        while True:
            batch.append(news.get_nowait())
    except queue.Empty:
        return batch


class _Taking:
    """Puts the news into the snapshot, and holds what changed until all watches are up to date.

    They come back one by one: pods without their Namespaces as they are now would be judged by what was.
    """

    def __init__(self, snapshot: Snapshot, subjects: Collection[Kind[Any]]) -> None:
        self._snapshot = snapshot
        self._subjects = {kind.part for kind in subjects}
        self._known: set[tuple[str, str]] = set()
        self._behind: set[tuple[str, str]] = set()
        self._away = False
        self._held = Changes()

    def begins(self, ask: Ask) -> bool:
        """Whether it is new; then all waits for what it has to tell."""
        new = _id(ask) not in self._known
        if new:
            self._known.add(_id(ask))
            self._behind.add(_id(ask))
        return new

    def held(self, changes: Changes) -> Changes:
        """The changes kept back, since what they name has to be read first."""
        self._held.subjects |= changes.subjects
        self._held.others = self._held.others or changes.others
        return Changes(current=False, lost=changes.lost, outage=changes.outage)

    def take(self, batch: Iterable[_State]) -> Changes:
        """What there is to tell after this batch; also where all was up to date in the midst of it only.

        So a server that lists and refuses to watch is told from time to time, and not never.
        """
        lost, outage, caught_up = list[str](), list[str](), False
        for told in batch:
            if isinstance(told, _Behind):
                self._behind.add(_id(told.ask))
                if told.away and not self._away:
                    self._away = True
                    outage.append(_away(told.away))
                continue
            if isinstance(told, _Lost):
                lost.append(told.sentence)
            _take(self._snapshot, told, self._held, self._subjects)
            if _id(told.ask) in self._behind and (isinstance(told, _Lost) or told.whole):
                self._behind.remove(_id(told.ask))
                caught_up = caught_up or not self._behind
        if self._away and not self._behind:
            self._away = False
            outage.append(BACK)
        if self._behind and not caught_up:
            return Changes(current=False, lost=lost, outage=outage)
        held, self._held = self._held, Changes()
        return replace(held, lost=lost, outage=outage)


def _id(ask: Ask) -> tuple[str, str]:
    return ask.kind.part, f"{ask.namespace} {ask.fields}"


BACK = "the server is back"


def _away(error: KubeError) -> str:
    """One line; an outage of the server itself looks like many failures."""
    what = "the server cannot answer for now" if isinstance(error, ApiError) else "lost the connection to the server"
    return f"{what}; going on: {error}"


def _take(snapshot: Snapshot, told: _News | _Lost, changes: Changes, subjects: Collection[str]) -> None:
    """Put it into the snapshot, and what it changed to the changes."""
    kind, path = told.ask.kind, told.ask.path
    found = part(snapshot, kind)
    if isinstance(told, _Lost):
        found.facts = {key: fact for key, fact in found.facts.items() if not _within(path, key)}
        found.unread = {key: why for key, why in found.unread.items() if not _within(path, key)} | {path: told.unread}
        changes.others = True
        return
    changed = _changed(found, told, keeps_gone=kind is NAMESPACES)
    chosen = told.ask.label_selector or told.ask.field_selector
    if told.whole and not chosen and path not in found.unread:
        found.places.add(path)
    if kind.part in subjects:
        changes.subjects |= {(fact.namespace, fact.name) for fact in changed.values()}
    elif changed:
        changes.others = True


def _changed(found: Found[Any], news: _News, *, keeps_gone: bool) -> dict[str, Any]:
    """Those that came, went or are not as they were; a part that was lost meanwhile stays so.

    keeps_gone: a Namespace that is deleted decides about its pods as long as there are any.
    """
    path = news.ask.path
    if EVERYWHERE in found.unread or path in found.unread:
        return {}
    held = {key for key in found.facts if _within(path, key)} if news.whole else set()
    gone = set(news.facts) if news.gone else held - set(news.facts)
    changed = {} if keeps_gone else {key: found.facts.pop(key) for key in gone if key in found.facts}
    if not news.gone:
        new = {key: fact for key, fact in news.facts.items() if found.facts.get(key) != fact}
        found.facts |= new
        found.unread = {key: unread for key, unread in found.unread.items() if key not in new}
        changed |= new
    return changed


def _within(path: str, key: str) -> bool:
    """Whether the key is that of an object under the path."""
    return not path or key == path or key.startswith(f"{path}/")
