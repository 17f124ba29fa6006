"""Reads what is needed to tell what a change would move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from kubectl_ambient.change.targets import Target, kind_of
from kubectl_ambient.cluster.facts import Namespace, Owner, Pod, Unread, Workload
from kubectl_ambient.cluster.live import read_snapshot
from kubectl_ambient.cluster.needs import Needs, of_namespaces, of_pods, of_workloads
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import KubeError
from kubectl_ambient.runs.change.request import ChangeRequest
from kubectl_ambient.runs.change.targets import is_partial

_MANY = 10  # from so many namespaces on, all are read at once


def read_surroundings(client: Client, targets: Sequence[Target], request: ChangeRequest) -> tuple[Snapshot, str]:
    """The pods that the targets concern, with all that decides about them, and what could not be read.

    Where the pods may not be read, the targets alone, and why. Raises KubeError where the connection is lost.
    """
    chunk_size = request.flags.chunk_size
    needs = _narrowed(_needs(targets, chunk_size), request)
    names = _namespaces(targets)
    each = _narrowed(of_namespaces(names, chunk_size=chunk_size), request)
    attempts = [needs] if needs.namespaces else [needs, each]
    why = ""
    for attempt in attempts:
        try:
            return read_snapshot(client, attempt, now=datetime.now(UTC)), ""
        except KubeError as error:
            if not is_partial(error):
                raise
            why = str(error)
    return alone(targets), why


def _namespaces(targets: Sequence[Target]) -> list[str]:
    return list(dict.fromkeys(t.name if isinstance(t, Namespace) else t.namespace for t in targets))


def _needs(targets: Sequence[Target], chunk_size: int | None) -> Needs:
    names = _namespaces(targets)
    if len(names) > _MANY:
        return of_namespaces((), chunk_size=chunk_size)
    kinds = {kind_of(t) for t in targets}
    if len(names) == 1 and kinds == {"Pod"} and len(targets) <= _MANY:
        return of_pods(names[0], (t.name for t in targets), chunk_size=chunk_size)
    if len(names) == 1 and not kinds & {"Pod", "Namespace", "CronJob"}:
        owners = (Owner(kind=kind_of(t), name=t.name) for t in targets)
        return of_workloads(names[0], owners, chunk_size=chunk_size)
    return of_namespaces(names, chunk_size=chunk_size)


def _narrowed(needs: Needs, request: ChangeRequest) -> Needs:
    """Of pods that were selected, those around them are not asked for: in a large cluster they are most of all."""
    if needs.nearby or request.targets or [resource.kind for resource in request.selected] != ["Pod"]:
        return needs
    flags = request.flags
    return replace(needs, label_selector=flags.label_selector, field_selector=flags.field_selector)


def alone(targets: Sequence[Target]) -> Snapshot:
    """Nothing but the targets: what decides about them has to be assumed."""
    unread = Unread(what="read the pods it concerns", why="forbidden")
    namespaces: dict[str, Namespace | Unread] = {
        name: Unread(what=f"get namespace {name}", why="not asked for") for name in _namespaces(targets)
    }
    namespaces |= {t.name: t for t in targets if isinstance(t, Namespace)}
    return Snapshot(
        pods=[t for t in targets if isinstance(t, Pod)],
        namespaces=namespaces,
        nodes=unread,
        workloads={t.ref: t for t in targets if isinstance(t, Workload)},
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
