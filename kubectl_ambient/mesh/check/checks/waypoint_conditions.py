"""Check: istiod's conditions tell what its rules say."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_bindings

CHECK = Check(
    id="waypoint-conditions",
    section="waypoints",
    title="istiod's conditions tell what its rules say",
    reads=("services", "service_entries", "namespaces", "gateways"),
    asks=(of_bindings(Code.CONDITION_DISAGREES),),
)
