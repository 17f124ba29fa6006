"""What files leave unsaid: whether what they do not hold is not there, or only not in them."""

from __future__ import annotations

from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.cluster.found import EVERYWHERE
from kubectl_ambient.cluster.served import WAYPOINT_BOUND
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.cluster.taking import NOT_IN_FILES, not_in_files

_HOME = "istio.io/use-waypoint-namespace"


def namespaces_in_files(snapshot: Snapshot) -> None:
    """A Namespace that the files do not hold is there all the same, where they hold pods or workloads of it."""
    used = dict.fromkeys([*(pod.namespace for pod in snapshot.pods), *(w.namespace for w in snapshot.workloads)])
    for name in used:
        if name not in snapshot.namespaces.facts:
            snapshot.namespaces.unread[name] = Unread(what=f"get namespace {name}", why=NOT_IN_FILES)


def gateways_in_files(snapshot: Snapshot) -> None:
    """Files with a Gateway hold all of them; their pods, where they hold any pod of its namespace.

    Without any Gateway, manifests with a Namespace are taken to hold its Gateways, had it any. Not so what was read of
    a cluster where istiod has judged waypoints: it was read without them.
    """
    snapshot.instances.places = {pod.namespace for pod in snapshot.pods}
    gateways = snapshot.gateways
    if gateways:
        return
    services, entries = snapshot.services, snapshot.service_entries
    gateways.places.clear()
    if not any(found.condition(WAYPOINT_BOUND) for found in (*services, *entries)):
        gateways.places |= {namespace.name for namespace in snapshot.namespaces}
    placed = [(o.namespace, o.labels) for o in (*services, *entries, *snapshot.workload_entries, *snapshot.pods)]
    placed += [(namespace.name, namespace.labels) for namespace in snapshot.namespaces]
    homes = {place for place, _ in placed} | {labels[_HOME] for _, labels in placed if _HOME in labels}
    if not homes <= gateways.places:
        gateways.unread[EVERYWHERE] = not_in_files("list gateways")
