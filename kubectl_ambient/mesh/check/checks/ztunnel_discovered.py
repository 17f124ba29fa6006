"""Check: istiod looks at ztunnel's namespace."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_mesh

CHECK = Check(
    id="ztunnel-discovered",
    section="control plane",
    title="istiod looks at ztunnel's namespace",
    reads=("istiods", "ztunnel_pods", "mesh_configs", "namespaces"),
    asks=(of_mesh(Code.ZTUNNEL_NOT_DISCOVERED),),
)
