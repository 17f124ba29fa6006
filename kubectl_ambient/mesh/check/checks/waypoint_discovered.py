"""Check: istiod looks at every waypoint, and at what names it."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_bindings, of_waypoints

CHECK = Check(
    id="waypoint-discovered",
    section="waypoints",
    title="istiod looks at every waypoint, and at what names it",
    reads=("gateways", "istiods", "mesh_configs", "namespaces"),
    asks=(of_waypoints(Code.WAYPOINT_NOT_DISCOVERED), of_bindings(Code.WAYPOINT_NOT_DISCOVERED)),
)
