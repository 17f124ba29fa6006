"""What a waypoint can serve, and what istiod says of it."""

from __future__ import annotations

from typing import Literal

Kind = Literal["Service", "ServiceEntry", "Pod", "WorkloadEntry"]

KINDS: tuple[Kind, ...] = ("Service", "ServiceEntry", "Pod", "WorkloadEntry")
WAYPOINT_BOUND = "istio.io/WaypointBound"
WAYPOINT_MISSING = "istio.io/WaypointMissing"
