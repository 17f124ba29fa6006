"""Check: the ztunnels answer the DNS that is led to them."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_ztunnels

CHECK = Check(
    id="ztunnel-dns",
    section="proof",
    title="every ztunnel answers the DNS that is led to it",
    reads=("pods", "ztunnel_pods", "cni_config"),
    proof=True,
    asks=(of_ztunnels(Code.DNS_NOT_ANSWERED),),
)
