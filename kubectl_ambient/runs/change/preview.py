"""Reads what is needed to tell what a change would move."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from kubectl_ambient.change.targets import Target, kind_of
from kubectl_ambient.cluster.facts import Namespace, Owner, Pod, Unread, Workload
from kubectl_ambient.cluster.found import Found
from kubectl_ambient.cluster.needs.change import ChangeNeeds
from kubectl_ambient.cluster.needs.pods import PodNeeds, of_namespaces, of_pods, of_workloads
from kubectl_ambient.cluster.reading.cluster import ask, is_partial, read_cluster
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import KubeError
from kubectl_ambient.runs.change.request import ChangeRequest

_MANY = 10  # from so many namespaces on, all are read at once


def read_surroundings(client: Client, targets: Sequence[Target], request: ChangeRequest) -> tuple[Snapshot, str]:
    """The pods that the targets concern, with all that decides about them, and what could not be read.

    Where the pods may not be read, the targets alone, and why. Raises KubeError where the connection is lost.
    """
    needs = _narrowed(_needs(targets), request)
    names = _namespaces(targets)
    attempts = [needs] if needs.namespaces else [needs, _narrowed(of_namespaces(names), request)]
    why = ""
    for attempt in attempts:
        try:
            asked = ChangeNeeds(pods=attempt, leaves=request.flags.goal != "enable")
            snapshot = read_cluster(client, asked, now=datetime.now(UTC), chunk_size=request.flags.chunk_size)
            ask(client, snapshot, asked.around(snapshot), request.flags.chunk_size)
            return snapshot, ""
        except KubeError as error:
            if not is_partial(error):
                raise
            why = str(error)
    return alone(targets), why


def _namespaces(targets: Sequence[Target]) -> list[str]:
    return list(dict.fromkeys(t.name if isinstance(t, Namespace) else t.namespace for t in targets))


def _needs(targets: Sequence[Target]) -> PodNeeds:
    names = _namespaces(targets)
    if len(names) > _MANY:
        return of_namespaces(())
    kinds = {kind_of(t) for t in targets}
    if len(names) == 1 and kinds == {"Pod"} and len(targets) <= _MANY:
        return of_pods(names[0], (t.name for t in targets))
    if len(names) == 1 and not kinds & {"Pod", "Namespace", "CronJob"}:
        owners = (Owner(kind=kind_of(t), name=t.name) for t in targets)
        return of_workloads(names[0], owners)
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
        for name in _namespaces(targets)
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
