"""Keeps a snapshot as the cluster is: the changes of pods, namespaces and agents, as they come."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from kubectl_ambient.cluster import wire
from kubectl_ambient.cluster.facts import Pod, Unread
from kubectl_ambient.cluster.reads import why
from kubectl_ambient.cluster.scope import Scope
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.cluster.wire import CNI_LABEL, ZTUNNEL_LABEL
from kubectl_ambient.foreign import stacked
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import Expired, KubeError
from kubectl_ambient.kube.resources import Resource, find_resource
from kubectl_ambient.kube.watch import Backoff, patiently

_FORGOTTEN = 5  # times in a row that a list was too old at once for its watch; about ten seconds
TICK = 1.0  # seconds between looks at pods that are too young to judge


@dataclass
class Changes:
    """What changed since the last look: pods by (namespace, name), and whether anything else did.

    lost: a sentence for each watch, beside that of the pods, that came to its end.
    """

    pods: set[tuple[str, str]] = field(default_factory=set)
    others: bool = False
    lost: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class _Source:
    """What is watched: the collection of the snapshot that it keeps, and how it is listed and watched.

    words: what people call it.
    """

    name: str
    words: str
    resource: Resource
    type: type[Any]
    namespace: str = ""
    label_selector: str = ""
    field_selector: str = ""


@dataclass(frozen=True)
class _News:
    """All that is there, or (`gone`: what was deleted) one object of it."""

    source: str
    facts: list[Any]
    whole: bool = False
    gone: bool = False


@dataclass(frozen=True)
class _Lost:
    """A watch that came to its end: what is told of it, and why."""

    source: str
    unread: Unread
    sentence: str


class _End:
    """The time of one request is over (`--request-timeout`)."""


_Told = _News | _Lost | _End | Exception


def follow(client: Client, snapshot: Snapshot, scope: Scope) -> Iterator[Changes]:
    """Update the snapshot with each batch of events, and say what changed; an empty batch comes every second.

    Each source is listed anew and watched from there, and again where the server has forgotten that point, so that
    nothing is missed, deletions included. It ends when the time of one request does (`--request-timeout`). Raises
    KubeError where the pods themselves can be watched no more, and whatever else goes wrong in a watch; what else
    the server does not let us watch becomes an Unread.
    """
    news: queue.SimpleQueue[_Told] = queue.SimpleQueue()
    for source in _sources(snapshot, scope):
        threading.Thread(target=_watch, args=(client, source, news.put), daemon=True).start()
    facts = _Facts(snapshot)
    while True:
        batch = _batch(news)
        snapshot.now = client.by_its_clock(datetime.now(UTC))
        yield facts.take([told for told in batch if isinstance(told, _News | _Lost)])
        for told in batch:
            if isinstance(told, Exception):
                raise told
            if isinstance(told, _End):
                return


def _sources(snapshot: Snapshot, scope: Scope) -> Iterator[_Source]:
    pod = find_resource("pods")
    yield _Source(
        name="pods",
        words="pods",
        resource=pod,
        type=wire.Pod,
        namespace=scope.namespace,
        label_selector=scope.label_selector,
        field_selector=scope.field_selector,
    )
    named = f"metadata.name={scope.namespace}" if scope.namespace else ""
    known = snapshot.namespaces.values()
    if not known or not all(isinstance(namespace, Unread) for namespace in known):
        yield _Source(
            name="namespaces",
            words="namespaces",
            resource=find_resource("namespaces"),
            type=wire.Namespace,
            field_selector=named,
        )
    for name, agent, (key, value) in (("cni_pods", "istio-cni", CNI_LABEL), ("ztunnel_pods", "ztunnel", ZTUNNEL_LABEL)):
        if not isinstance(getattr(snapshot, name), Unread):
            words = f"the pods of {agent}"
            yield _Source(name=name, words=words, resource=pod, type=wire.Pod, label_selector=f"{key}={value}")


def _watch(client: Client, source: _Source, tell: Callable[[_Told], None]) -> None:
    try:
        _watch_on(client, source, tell)
    except KubeError as error:
        if source.name == "pods":
            tell(error)
        else:
            tell(_lost(source, error))
    except Exception as error:  # in a thread nobody would hear of it
        tell(error)
    else:
        tell(_End())


def _watch_on(client: Client, source: _Source, tell: Callable[[_Told], None]) -> None:
    """List and watch, and again where the server has forgotten; raises Expired where it does so again and again."""
    where: dict[str, Any] = {
        "type": source.type,
        "label_selector": source.label_selector,
        "field_selector": source.field_selector,
    }
    forgotten, backoff = 0, Backoff()
    while True:
        # A server that stops tells its watches to list anew, and then is away.
        there, version = patiently(partial(client.list_with_version, source.resource, source.namespace, **where))
        tell(_News(source.name, [found.fact() for found in there], whole=True))
        try:
            for event in client.watch(source.resource, source.namespace, resource_version=version, **where):
                forgotten = 0
                if event.object is not None:
                    tell(_News(source.name, [event.object.fact()], gone=event.type == "DELETED"))
        except Expired:
            forgotten += 1
            if forgotten == _FORGOTTEN:
                raise
            backoff.wait()
        else:
            return


def _lost(source: _Source, error: KubeError) -> _Lost:
    unread = Unread(what=f"watch {source.words}", why=why(error))
    follows = f"not known from now on: what {source.words} decide, since they can be watched no more"
    return _Lost(source.name, unread, stacked([str(error), follows]))


def _batch(news: queue.SimpleQueue[_Told]) -> list[_Told]:
    """What has come within a second."""
    batch: list[_Told] = []
    try:
        batch.append(news.get(timeout=TICK))
        while True:
            batch.append(news.get_nowait())
    except queue.Empty:
        return batch


class _Facts:
    """Keyed copies of the snapshot's collections, written back after each batch."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._pods: dict[str, dict[tuple[str, str], Pod]] = {}
        self._lost_namespaces: Unread | None = None
        for source in ("pods", "cni_pods", "ztunnel_pods"):
            found = getattr(snapshot, source)
            if not isinstance(found, Unread):
                self._pods[source] = {(p.namespace, p.name): p for p in found}

    def take(self, batch: list[_News | _Lost]) -> Changes:
        changes = Changes()
        for told in batch:
            if isinstance(told, _Lost):
                self._lose(told)
                changes.others = True
                changes.lost.append(told.sentence)
            elif told.source == "namespaces":
                for fact in told.facts:
                    if self._snapshot.namespaces.get(fact.name) != fact:
                        self._snapshot.namespaces[fact.name] = fact
                        changes.others = True
            elif changed := self._take_pods(told):
                if told.source == "pods":
                    changes.pods |= changed
                else:
                    changes.others = True
        if self._lost_namespaces is not None:
            for pod in self._pods["pods"].values():
                self._snapshot.namespaces[pod.namespace] = self._lost_namespaces
        for source, known in self._pods.items():
            setattr(self._snapshot, source, list(known.values()))
        return changes

    def _lose(self, lost: _Lost) -> None:
        if lost.source == "namespaces":
            self._lost_namespaces = lost.unread
            self._snapshot.namespaces = dict.fromkeys(self._snapshot.namespaces, lost.unread)
        else:
            self._pods.pop(lost.source)
            setattr(self._snapshot, lost.source, lost.unread)

    def _take_pods(self, told: _News) -> set[tuple[str, str]]:
        """Those that came, went or are not as they were."""
        known = self._pods[told.source]
        facts = {(fact.namespace, fact.name): fact for fact in told.facts}
        gone = facts.keys() if told.gone else known.keys() - facts.keys() if told.whole else set()
        changed = {key for key in gone if known.pop(key, None) is not None}
        if not told.gone:
            changed |= {key for key, fact in facts.items() if known.get(key) != fact}
            known.update(facts)
        return changed
