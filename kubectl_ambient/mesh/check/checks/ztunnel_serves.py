"""Check: the ztunnels serve the pods that are redirected to them."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_ztunnels

CHECK = Check(
    id="ztunnel-serves",
    section="proof",
    title="every redirected pod is served by its ztunnel",
    reads=("pods", "ztunnel_pods", "on_network"),
    proof=True,
    asks=(
        of_ztunnels(
            Code.ZTUNNEL_LACKS_POD,
            Code.ZTUNNEL_BLOCKED,
            Code.ZTUNNEL_UNINFORMED,
            Code.ZTUNNEL_EMPTY,
            Code.ZTUNNEL_HAS_FEWER,
            Code.ZTUNNEL_NOT_CONNECTED,
            Code.ZTUNNEL_WAITS,
        ),
    ),
)
