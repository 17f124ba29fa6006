"""Check: every waypoint has an address."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_waypoints

CHECK = Check(
    id="waypoint-address",
    section="waypoints",
    title="every waypoint has an address",
    reads=("gateways",),
    asks=(of_waypoints(Code.WAYPOINT_WITHOUT_ADDRESS),),
)
