"""Check: what is named as a waypoint is one."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_bindings, of_waypoints

CHECK = Check(
    id="waypoint-speaks-hbone",
    section="waypoints",
    title="what is named as a waypoint is one",
    reads=("gateways",),
    asks=(
        of_waypoints(Code.GATEWAY_IS_NO_WAYPOINT, Code.WAYPOINT_FOR_UNKNOWN),
        of_bindings(Code.GATEWAY_IS_NO_WAYPOINT),
    ),
)
