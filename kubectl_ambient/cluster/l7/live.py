"""A cluster's waypoints as a snapshot: what `waypoint` commands need of the API, and nothing else."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial

from kubectl_ambient.cluster.api import Api
from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.cluster.l7.facts import KINDS
from kubectl_ambient.cluster.l7.reads import L7Reads
from kubectl_ambient.cluster.live import namespace_reads
from kubectl_ambient.cluster.needs import Needs
from kubectl_ambient.cluster.reads import Read, into, read_side_by_side
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import KubeError


def read_waypoints(client: Client, needs: Needs, *, now: datetime, kinds: Collection[str] = KINDS) -> Snapshot:
    """What decides about waypoints in the scope, at `now`: no nodes, agents, webhooks or workloads.

    Of the needs count namespaces, label_selector and chunk_size. A kind that may not be listed stands in
    `snapshot.l7.unread`. Raises KubeError where none of the kinds could be read, or there is no connection.
    """
    snapshot, errors = _read(client, needs, now, kinds)
    if errors and set(snapshot.l7.unread) >= set(kinds):
        raise errors[0]
    return snapshot


def read_around(
    client: Client, needs: Needs, *, now: datetime, kinds: Collection[str] = KINDS, homes: Collection[str] = ()
) -> Snapshot:
    """The same for objects that were read already: only a lost connection raises KubeError.

    homes: namespaces whose Gateways are wanted besides, as an object may be going to use one of them.
    """
    return _read(client, needs, now, kinds, homes)[0]


def _read(
    client: Client, needs: Needs, now: datetime, kinds: Collection[str], homes: Collection[str] = ()
) -> tuple[Snapshot, list[KubeError]]:
    """What could be read, and the failures to list a kind."""
    snapshot = Snapshot(now=now)
    api = Api(client, needs.chunk_size)
    every_pod = "Pod" in kinds and not needs.label_selector
    l7 = L7Reads(
        client,
        snapshot,
        needs.namespaces,
        kinds=kinds,
        label_selector=needs.label_selector,
        every_pod=every_pod,
        homes=homes,
        chunk_size=needs.chunk_size,
    )
    reads = l7.first()
    if "Pod" in kinds:
        reads += [_pods(api, needs, snapshot, place, l7.errors) for place in needs.namespaces or ("",)]
    reads.append(into(snapshot, "istiods", "list deployments of istiod", api.istiods))
    read_side_by_side(client, [*reads, *namespace_reads(api, needs, snapshot)])
    _name_unread_namespaces(snapshot)
    read_side_by_side(client, l7.second())
    return snapshot, l7.errors


def _pods(api: Api, needs: Needs, snapshot: Snapshot, place: str, errors: list[KubeError]) -> Read:
    def refused(unread: Unread, error: KubeError) -> None:
        errors.append(error)
        snapshot.l7.unread["Pod"] = unread

    call = partial(api.pods, place, label_selector=needs.label_selector)
    return Read("list pods", call, snapshot.pods.extend, refused)


def _name_unread_namespaces(snapshot: Snapshot) -> None:
    """Where namespaces may not be listed, that is so for the namespaces of all objects."""
    unread = next((n for n in snapshot.namespaces.values() if isinstance(n, Unread)), None)
    if unread is None:
        return
    l7 = snapshot.l7
    for found in (*l7.services, *l7.service_entries, *l7.workload_entries):
        snapshot.namespaces.setdefault(found.namespace, unread)
