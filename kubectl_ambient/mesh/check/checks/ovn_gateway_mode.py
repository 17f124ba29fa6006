"""Check: OVN-Kubernetes lets the probes of pods in ambient mode through."""

from __future__ import annotations

from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import Settings
from kubectl_ambient.mesh.risks.platform import ovn_kubernetes_faults

CHECK = Check(
    id="ovn-gateway-mode",
    section="platform",
    title="OVN-Kubernetes, where it is there, lets probes through",
    reads=("cluster_networks",),
    asks=(Settings("cluster_networks", ovn_kubernetes_faults),),
)
