"""What a listing that goes on watches, of what it has read: no right is asked for that reading did not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_ambient.cluster.kinds.gateways import GATEWAYS
from kubectl_ambient.cluster.kinds.namespaces import NAMESPACES
from kubectl_ambient.cluster.kinds.pods import CNI_PODS, INSTANCES, PODS, ZTUNNEL_PODS
from kubectl_ambient.cluster.kinds.service_entries import SERVICE_ENTRIES
from kubectl_ambient.cluster.kinds.services import SERVICES
from kubectl_ambient.cluster.kinds.workload_entries import WORKLOAD_ENTRIES
from kubectl_ambient.cluster.needs.ask import Ask
from kubectl_ambient.cluster.needs.waypoints import WaypointNeeds
from kubectl_ambient.cluster.reading.taking import part
from kubectl_ambient.cluster.scope import Scope
from kubectl_ambient.cluster.snapshot import Snapshot

WITH_WAYPOINT = (SERVICES, SERVICE_ENTRIES, PODS, WORKLOAD_ENTRIES)


def of_pods(snapshot: Snapshot, scopes: Iterable[Scope]) -> Iterator[Ask]:
    """The pods, their Namespaces, and the agents, as far as they could be read.

    scopes: of each the namespace and the selectors count, and no two may overlap.
    """
    for scope in scopes:
        yield Ask(
            kind=PODS,
            namespace=scope.namespace,
            label_selector=scope.label_selector,
            field_selector=scope.field_selector,
            must=True,
        )
        if not snapshot.namespaces.unread or snapshot.namespaces:
            yield _namespaces(scope.namespace)
    yield from (Ask(kind=kind) for kind in (CNI_PODS, ZTUNNEL_PODS) if not part(snapshot, kind).refusal)


def of_waypoints(snapshot: Snapshot, needs: WaypointNeeds) -> Iterator[Ask]:
    """What may have a waypoint, the Namespaces, the Gateways wherever labels name one, and their pods."""
    for ask in (*needs.first(), *needs.second(snapshot)):
        if ask.kind is NAMESPACES:
            if not snapshot.namespaces.unread or snapshot.namespaces:
                yield _namespaces(ask.name)
        elif ask.kind in (*WITH_WAYPOINT, GATEWAYS, INSTANCES):
            found = part(snapshot, ask.kind)
            if not found.absent and found.why_unread(ask.path) is None:
                yield Ask(
                    kind=ask.kind,
                    namespace=ask.namespace,
                    label_selector=ask.label_selector,
                    must=ask.kind in WITH_WAYPOINT,
                )
            yield from (Ask(kind=kind, namespace=ask.namespace) for kind in ask.also if kind is INSTANCES)


def _namespaces(name: str) -> Ask:
    return Ask(kind=NAMESPACES, field_selector=f"metadata.name={name}" if name else "")
