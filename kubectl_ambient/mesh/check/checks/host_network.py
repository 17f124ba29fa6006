"""Check: nothing may redirect a node's own network."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_pods

CHECK = Check(
    id="host-network",
    section="workloads",
    title="nothing may redirect a node's own network",
    reads=("pods", "cni_daemonsets"),
    asks=(of_pods(Code.HOST_NETWORK_UNGUARDED),),
)
