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
from kubectl_ambient.kube.resources import find_resource

TICK = 1.0  # seconds between looks at pods that are too young to judge


@dataclass
class Changes:
    """What changed since the last look: pods by (namespace, name), and whether anything else did."""

    pods: set[tuple[str, str]] = field(default_factory=set)
    others: bool = False


@dataclass(frozen=True)
class _Event:
    source: str
    type: str
    object: Any


def follow(client: Client, snapshot: Snapshot, scope: Scope) -> Iterator[Changes]:
    """Update the snapshot with each batch of events, and say what changed; an empty batch comes every second.

    Each watch begins with all that is there, so that nothing is missed between the reading and the watching.
    Raises KubeError where the pods themselves can be watched no more; what else cannot be watched stays as read.
    """
    events: queue.SimpleQueue[_Event | KubeError] = queue.SimpleQueue()
    labelled = {"cni_pods": CNI_LABEL, "ztunnel_pods": ZTUNNEL_LABEL}
    pod, namespace = find_resource("pods"), find_resource("namespaces")

    def watch(source: str, call: Callable[[], Iterator[Any]]) -> None:
        while True:
            try:
                for event in call():
                    if event.object is not None:
                        events.put(_Event(source, event.type, event.object))
            except Expired:
                continue
            except KubeError as error:
                if source == "pods":
                    events.put(error)
                return

    calls: dict[str, Callable[[], Iterator[Any]]] = {
        "pods": lambda: client.watch(
            pod,
            scope.namespace,
            type=wire.Pod,
            resource_version="",
            label_selector=scope.label_selector,
            field_selector=scope.field_selector,
        ),
        "namespaces": lambda: client.watch(
            namespace,
            type=wire.Namespace,
            resource_version="",
            field_selector=f"metadata.name={scope.namespace}" if scope.namespace else "",
        ),
    }
    for source, (key, value) in labelled.items():
        if not isinstance(getattr(snapshot, source), Unread):
            selector = f"{key}={value}"
            calls[source] = lambda selector=selector: client.watch(  # type: ignore[misc]
                pod, type=wire.Pod, resource_version="", label_selector=selector
            )
    for source, call in calls.items():
        threading.Thread(target=watch, args=(source, call), daemon=True).start()
    facts = _Facts(snapshot)
    while True:
        yield facts.take(_batch(events))


def _batch(events: queue.SimpleQueue[_Event | KubeError]) -> list[_Event]:
    """What has come within a second; raises the error that ended the watch of the pods."""
    batch: list[_Event] = []
    try:
        batch.append(_checked(events.get(timeout=TICK)))
        while True:
            batch.append(_checked(events.get_nowait()))
    except queue.Empty:
        return batch


def _checked(event: _Event | KubeError) -> _Event:
    if isinstance(event, KubeError):
        raise event
    return event


class _Facts:
    """Keyed copies of the snapshot's collections, written back after each batch."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._pods: dict[str, dict[tuple[str, str], Pod]] = {}
        for source in ("pods", "cni_pods", "ztunnel_pods"):
            found = getattr(snapshot, source)
            if not isinstance(found, Unread):
                self._pods[source] = {(p.namespace, p.name): p for p in found}

    def take(self, batch: list[_Event]) -> Changes:
        changes = Changes()
        for event in batch:
            fact = event.object.fact()
            if event.source == "namespaces":
                if self._snapshot.namespaces.get(fact.name) != fact:
                    self._snapshot.namespaces[fact.name] = fact
                    changes.others = True
                continue
            key = (fact.namespace, fact.name)
            known = self._pods[event.source]
            if event.type == "DELETED":
                known.pop(key, None)
            elif known.get(key) == fact:
                continue
            else:
                known[key] = fact
            if event.source == "pods":
                changes.pods.add(key)
            else:
                changes.others = True
        for source, known in self._pods.items():
            setattr(self._snapshot, source, list(known.values()))
        self._snapshot.now = datetime.now(UTC)
        return changes
