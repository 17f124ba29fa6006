"""Check: what names a waypoint is served by it."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_bindings

CHECK = Check(
    id="waypoint-used",
    section="waypoints",
    title="what names a waypoint is served by it",
    reads=("services", "service_entries", "namespaces", "gateways"),
    asks=(of_bindings(Code.WAYPOINT_NOT_USED, Code.CANARY_REFUSED),),
)
