"""The Gateways that labels name as waypoints: read only where some label does, so that others do not pay for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kubectl_ambient.cluster.kinds.gateways import GATEWAY_CLASSES, GATEWAYS
from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME
from kubectl_ambient.cluster.needs.ask import Ask
from kubectl_ambient.cluster.snapshot import Snapshot

USE_WAYPOINT = "istio.io/use-waypoint"
_HOME = "istio.io/use-waypoint-namespace"


def named_waypoints(snapshot: Snapshot, *, everywhere: bool) -> list[Ask]:
    """The Gateways and their classes, where a label of a pod, a Namespace or a Service names a waypoint.

    Of all namespaces where the scope is all of them, else of the homes of those that are named.
    """
    homes = set(_homes(snapshot)) - {""}
    if not homes:
        return []
    # The pods of a Gateway have no waypoint before them, so their own Gateway has to be known.
    homes |= {pod.namespace for pod in snapshot.pods if GATEWAY_NAME in pod.labels}
    places = [""] if everywhere else sorted(homes)
    return [*(Ask(kind=GATEWAYS, namespace=place) for place in places), Ask(kind=GATEWAY_CLASSES)]


def _homes(snapshot: Snapshot) -> Iterator[str]:
    yield from (home_of(namespace.labels, namespace.name) for namespace in snapshot.namespaces)
    yield from (home_of(pod.labels, pod.namespace) for pod in snapshot.pods)
    yield from (home_of(service.labels, service.namespace) for service in snapshot.services)


def home_of(labels: Mapping[str, str], own: str) -> str:
    """Where the waypoint is that the labels name; empty where they name none."""
    if labels.get(USE_WAYPOINT, "none") == "none":
        return ""
    return labels.get(_HOME, own)
