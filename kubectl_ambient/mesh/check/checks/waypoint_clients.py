"""Check: namespaces with a waypoint have pods in ambient mode."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_bindings

CHECK = Check(
    id="waypoint-clients",
    section="waypoints",
    title="namespaces with a waypoint have pods in ambient mode",
    reads=("services", "namespaces", "gateways", "pods"),
    asks=(of_bindings(Code.NAMESPACE_NOT_AMBIENT),),
)
