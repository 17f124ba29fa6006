"""What a waypoint can serve, and what istiod says of it."""

from __future__ import annotations

from typing import Any, Literal

from kubectl_ambient.cluster.found import Found
from kubectl_ambient.cluster.snapshot import Snapshot

Kind = Literal["Service", "ServiceEntry", "Pod", "WorkloadEntry"]

KINDS: tuple[Kind, ...] = ("Service", "ServiceEntry", "Pod", "WorkloadEntry")
WAYPOINT_BOUND = "istio.io/WaypointBound"
WAYPOINT_MISSING = "istio.io/WaypointMissing"


def objects_of(snapshot: Snapshot) -> dict[str, Found[Any]]:
    """What may have a waypoint, by kind."""
    return {
        "Service": snapshot.services,
        "ServiceEntry": snapshot.service_entries,
        "Pod": snapshot.pods,
        "WorkloadEntry": snapshot.workload_entries,
    }
