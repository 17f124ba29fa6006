"""Check: the ztunnels have no pods that are out, or gone."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_ztunnels

CHECK = Check(
    id="ztunnel-leftovers",
    section="proof",
    title="no ztunnel has pods that are out or gone",
    reads=("pods", "ztunnel_pods", "on_network"),
    proof=True,
    asks=(of_ztunnels(Code.ZTUNNEL_KEEPS_POD, Code.ZTUNNEL_HAS_GONE_PODS, Code.ZTUNNEL_UNWRITTEN),),
)
