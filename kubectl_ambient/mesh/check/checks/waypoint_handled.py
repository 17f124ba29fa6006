"""Check: every waypoint has an istiod that handles it."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_bindings, of_waypoints

CHECK = Check(
    id="waypoint-handled",
    section="waypoints",
    title="every waypoint has an istiod that handles it",
    reads=("gateways", "istiods", "webhooks"),
    asks=(of_waypoints(Code.WAYPOINT_NOT_HANDLED), of_bindings(Code.WAYPOINT_NOT_HANDLED)),
)
