"""Check: every waypoint has a proxy that is Ready."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_bindings, of_waypoints

CHECK = Check(
    id="waypoint-alive",
    section="waypoints",
    title="every waypoint has a proxy that is Ready",
    reads=("gateways", "instances"),
    asks=(of_waypoints(Code.WAYPOINT_DEAD), of_bindings(Code.WAYPOINT_DEAD, Code.CANARY_DEAD)),
)
