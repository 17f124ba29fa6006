"""What a change of waypoint labels risks: policies that a waypoint enforces, for what loses it."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.change.waypoint.effects import WaypointChange
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.mesh.risks.risk import Risk, gravest_first
from kubectl_ambient.mesh.risks.waypoints import lost


def risks(change: WaypointChange) -> list[Risk]:
    """The risks, gravest first."""
    return gravest_first(lost(change.effects.before.snapshot, _losing(change)))


def _losing(change: WaypointChange) -> Iterator[tuple[Service, str]]:
    """The Services that lose their waypoint, each with that."""
    for served in change.effects.of("loses"):
        if isinstance(served.target, Service) and served.before.waypoint is not None:
            yield served.target, served.before.waypoint
