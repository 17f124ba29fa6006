"""Check: the ztunnels have certificates for the accounts of pods."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_ztunnels

CHECK = Check(
    id="ztunnel-certificates",
    section="proof",
    title="every ztunnel has valid certificates for its pods",
    reads=("pods", "ztunnel_pods", "on_network", "namespaces"),
    proof=True,
    asks=(of_ztunnels(Code.CERTIFICATE_UNAVAILABLE, Code.CERTIFICATE_OLD),),
)
