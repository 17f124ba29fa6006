"""Check: istiod trusts ztunnel's account."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_mesh

CHECK = Check(
    id="ztunnel-trusted",
    section="control plane",
    title="istiod trusts ztunnel's account",
    reads=("istiods", "ztunnel_pods"),
    asks=(of_mesh(Code.ZTUNNEL_NOT_TRUSTED),),
)
