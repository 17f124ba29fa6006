"""Reads what is needed to tell what a change would move."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from kubectl_ambient.change.targets import Target, key_of
from kubectl_ambient.cluster.facts import Namespace, Owner, Pod, Unread, Workload
from kubectl_ambient.cluster.found import Found
from kubectl_ambient.cluster.needs.change import ChangeNeeds
from kubectl_ambient.cluster.needs.pods import PodNeeds, of_namespaces, of_pods, of_workloads
from kubectl_ambient.cluster.reading.cluster import Early, ask, begin_with, is_partial, read_cluster
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import KubeError
from kubectl_ambient.runs.change.request import ChangeRequest

Key = tuple[str, str, str]
"""Kind, namespace (empty for a Namespace) and name."""

_MANY = 10  # from so many namespaces on, all are read at once


def begin_to_read(client: Client, request: ChangeRequest) -> Early:
    """Ask for what the targets concern before they are known to be there; nothing where they are not named."""
    if request.selected:
        return {}
    keys = [(t.resource.kind, client.namespace if t.resource.namespaced else "", t.name or "") for t in request.targets]
    return begin_with(client, _asked(_needs(keys), request).first(), request.flags.chunk_size)


def read_surroundings(
    client: Client, targets: Sequence[Target], request: ChangeRequest, early: Early
) -> tuple[Snapshot, str]:
    """The pods that the targets concern, with all that decides about them, and what could not be read.

    Where the pods may not be read, the targets alone, and why. Raises KubeError where the connection is lost.
    """
    keys = [key_of(target) for target in targets]
    needs, names = _narrowed(_needs(keys), request), _namespaces(keys)
    attempts = [needs] if needs.namespaces else [needs, _narrowed(of_namespaces(names), request)]
    why = ""
    for attempt in attempts:
        try:
            asked = _asked(attempt, request)
            now, chunk_size = datetime.now(UTC), request.flags.chunk_size
            snapshot = read_cluster(client, asked, now=now, chunk_size=chunk_size, early=early)
            ask(client, snapshot, asked.around(snapshot), chunk_size)
            return snapshot, ""
        except KubeError as error:
            if not is_partial(error):
                raise
            why = str(error)
    return alone(targets), why


def _asked(needs: PodNeeds, request: ChangeRequest) -> ChangeNeeds:
    return ChangeNeeds(pods=needs, leaves=request.flags.goal != "enable")


def _namespaces(keys: Sequence[Key]) -> list[str]:
    return list(dict.fromkeys(namespace or name for _, namespace, name in keys))


def _needs(keys: Sequence[Key]) -> PodNeeds:
    names, kinds = _namespaces(keys), {kind for kind, _, _ in keys}
    if len(names) > _MANY:
        return of_namespaces(())
    if len(names) == 1 and kinds == {"Pod"} and len(keys) <= _MANY:
        return of_pods(names[0], (name for _, _, name in keys))
    if len(names) == 1 and not kinds & {"Pod", "Namespace", "CronJob"}:
        return of_workloads(names[0], (Owner(kind=kind, name=name) for kind, _, name in keys))
    return of_namespaces(names)


def _narrowed(needs: PodNeeds, request: ChangeRequest) -> PodNeeds:
    """Of pods that were selected, those around them are not asked for: in a large cluster they are most of all."""
    if needs.nearby or request.targets or [resource.kind for resource in request.selected] != ["Pod"]:
        return needs
    flags = request.flags
    return replace(needs, label_selector=flags.label_selector, field_selector=flags.field_selector)


def alone(targets: Sequence[Target]) -> Snapshot:
    """Nothing but the targets: what decides about them has to be assumed."""
    unread: Found[Any] = Found.refused(Unread(what="read the pods it concerns", why="forbidden"))
    namespaces: Found[Namespace] = Found.of((t for t in targets if isinstance(t, Namespace)), lambda n: n.name)
    namespaces.unread = {
        name: Unread(what=f"get namespace {name}", why="not asked for")
        for name in _namespaces([key_of(target) for target in targets])
        if name not in namespaces.facts
    }
    return Snapshot(
        pods=Found.of((t for t in targets if isinstance(t, Pod)), lambda pod: f"{pod.namespace}/{pod.name}"),
        namespaces=namespaces,
        nodes=unread,
        workloads=Found.of((t for t in targets if isinstance(t, Workload)), lambda workload: workload.ref),
        cni_daemonsets=unread,
        cni_config=unread,
        cni_pods=unread,
        ztunnel_pods=unread,
        webhooks=unread,
        injectors=unread,
        istiods=unread,
        events=unread,
        now=datetime.now(UTC),
    )
