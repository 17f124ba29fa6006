"""Check: NetworkPolicies that open a port to pods in the mesh open 15008 as well (ingress)."""

from __future__ import annotations

from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.hbone import Shut

CHECK = Check(
    id="network-ingress",
    section="network",
    title="NetworkPolicies that open a port to pods in the mesh open 15008 too",
    reads=("network_policies", "pods", "namespaces", "services"),
    asks=(Shut("Ingress"),),
)
