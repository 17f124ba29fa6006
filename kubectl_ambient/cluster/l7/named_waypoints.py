"""The Gateways that labels name as waypoints: read only where some label does, so that others do not pay for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kubectl_ambient.cluster.facts import Namespace
from kubectl_ambient.cluster.l7.facts import GATEWAY_NAME
from kubectl_ambient.cluster.l7.reads import L7Reads
from kubectl_ambient.cluster.needs import Needs
from kubectl_ambient.cluster.reads import Read
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.api import Client

_USE_WAYPOINT = "istio.io/use-waypoint"
_HOME = "istio.io/use-waypoint-namespace"


def services_nearby(client: Client, needs: Needs, snapshot: Snapshot) -> list[Read]:
    """The Services of the namespace of the pods that are explained: some of them may select a pod."""
    if not (needs.waypoints and needs.nearby):
        return []
    reads = L7Reads(client, snapshot, needs.namespaces, kinds=("Service",), chunk_size=needs.chunk_size)
    return [reads.objects_of("Service", place) for place in needs.namespaces]


def named_waypoints(client: Client, needs: Needs, snapshot: Snapshot) -> list[Read]:
    """The Gateways and their classes, where a label of a pod, a Namespace or a Service names a waypoint.

    Of all namespaces where the scope is all of them, else of the homes of those that are named.
    """
    homes = set(_homes(snapshot)) - {""} if needs.waypoints else set()
    if not homes:
        return []
    # The pods of a Gateway have no waypoint before them, so their own Gateway has to be known.
    homes |= {pod.namespace for pod in snapshot.pods if GATEWAY_NAME in pod.labels}
    places = tuple(sorted(homes)) if needs.namespaces else ()
    return L7Reads(client, snapshot, places, kinds=(), chunk_size=needs.chunk_size).first()


def _homes(snapshot: Snapshot) -> Iterator[str]:
    for namespace in snapshot.namespaces.values():
        if isinstance(namespace, Namespace):
            yield _home(namespace.labels, namespace.name)
    yield from (_home(pod.labels, pod.namespace) for pod in snapshot.pods)
    yield from (_home(service.labels, service.namespace) for service in snapshot.l7.services)


def _home(labels: Mapping[str, str], own: str) -> str:
    """Where the waypoint is that the labels name; empty where they name none."""
    if labels.get(_USE_WAYPOINT, "none") == "none":
        return ""
    return labels.get(_HOME, own)
