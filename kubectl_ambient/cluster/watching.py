"""Keeps a snapshot as the cluster is: the changes of pods, namespaces and agents, as they come."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from kubectl_ambient.cluster import wire
from kubectl_ambient.cluster.facts import Pod, Unread
from kubectl_ambient.cluster.scope import Scope
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.cluster.wire import CNI_LABEL, ZTUNNEL_LABEL
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import Expired, KubeError
from kubectl_ambient.kube.resources import Resource, find_resource

TICK = 1.0  # seconds between looks at pods that are too young to judge


@dataclass
class Changes:
    """What changed since the last look: pods by (namespace, name), and whether anything else did."""

    pods: set[tuple[str, str]] = field(default_factory=set)
    others: bool = False


@dataclass(frozen=True, kw_only=True)
class _Source:
    """What is watched: the collection of the snapshot that it keeps, and how it is listed and watched."""

    name: str
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


def follow(client: Client, snapshot: Snapshot, scope: Scope) -> Iterator[Changes]:
    """Update the snapshot with each batch of events, and say what changed; an empty batch comes every second.

    Each source is listed anew and watched from there, and again where the server has forgotten that point, so that
    nothing is missed, deletions included. Raises KubeError where the pods themselves can be watched no more; what
    else cannot be watched stays as read.
    """
    news: queue.SimpleQueue[_News | KubeError] = queue.SimpleQueue()
    for source in _sources(snapshot, scope):
        threading.Thread(target=_watch, args=(client, source, news.put), daemon=True).start()
    facts = _Facts(snapshot)
    while True:
        yield facts.take(_batch(news))


def _sources(snapshot: Snapshot, scope: Scope) -> Iterator[_Source]:
    pod = find_resource("pods")
    yield _Source(
        name="pods",
        resource=pod,
        type=wire.Pod,
        namespace=scope.namespace,
        label_selector=scope.label_selector,
        field_selector=scope.field_selector,
    )
    named = f"metadata.name={scope.namespace}" if scope.namespace else ""
    yield _Source(name="namespaces", resource=find_resource("namespaces"), type=wire.Namespace, field_selector=named)
    for name, (key, value) in (("cni_pods", CNI_LABEL), ("ztunnel_pods", ZTUNNEL_LABEL)):
        if not isinstance(getattr(snapshot, name), Unread):
            yield _Source(name=name, resource=pod, type=wire.Pod, label_selector=f"{key}={value}")


def _watch(client: Client, source: _Source, tell: Callable[[_News | KubeError], None]) -> None:
    where: dict[str, Any] = {
        "type": source.type,
        "label_selector": source.label_selector,
        "field_selector": source.field_selector,
    }
    while True:
        try:
            there, version = client.list_with_version(source.resource, source.namespace, **where)
            tell(_News(source.name, [found.fact() for found in there], whole=True))
            for event in client.watch(source.resource, source.namespace, resource_version=version, **where):
                if event.object is not None:
                    tell(_News(source.name, [event.object.fact()], gone=event.type == "DELETED"))
        except Expired:
            continue
        except KubeError as error:
            if source.name == "pods":
                tell(error)
            return


def _batch(news: queue.SimpleQueue[_News | KubeError]) -> list[_News]:
    """What has come within a second; raises the error that ended the watch of the pods."""
    batch: list[_News] = []
    try:
        batch.append(_checked(news.get(timeout=TICK)))
        while True:
            batch.append(_checked(news.get_nowait()))
    except queue.Empty:
        return batch


def _checked(told: _News | KubeError) -> _News:
    if isinstance(told, KubeError):
        raise told
    return told


class _Facts:
    """Keyed copies of the snapshot's collections, written back after each batch."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._pods: dict[str, dict[tuple[str, str], Pod]] = {}
        for source in ("pods", "cni_pods", "ztunnel_pods"):
            found = getattr(snapshot, source)
            if not isinstance(found, Unread):
                self._pods[source] = {(p.namespace, p.name): p for p in found}

    def take(self, batch: list[_News]) -> Changes:
        changes = Changes()
        for told in batch:
            if told.source == "namespaces":
                for fact in told.facts:
                    if self._snapshot.namespaces.get(fact.name) != fact:
                        self._snapshot.namespaces[fact.name] = fact
                        changes.others = True
            elif changed := self._take_pods(told):
                if told.source == "pods":
                    changes.pods |= changed
                else:
                    changes.others = True
        for source, known in self._pods.items():
            setattr(self._snapshot, source, list(known.values()))
        self._snapshot.now = datetime.now(UTC)
        return changes

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
