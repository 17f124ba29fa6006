"""Check: what is sent to a service goes through its waypoint."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_bindings

CHECK = Check(
    id="waypoint-reached",
    section="waypoints",
    title="what is sent to a service goes through its waypoint",
    reads=("services", "service_entries", "namespaces", "gateways"),
    asks=(
        of_bindings(
            Code.ADDRESS_NOT_RESOLVED,
            Code.SERVICE_WITHOUT_ADDRESS,
            Code.SERVICE_ENTRY_INACTIVE,
            Code.INGRESS_PASSES_WAYPOINT,
            Code.WAYPOINT_FOR_HOST_NETWORK,
        ),
    ),
)
