"""Check: istiod looks at every namespace that asks for ambient."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_mesh, of_pods

CHECK = Check(
    id="namespace-discovered",
    section="namespaces",
    title="istiod looks at every namespace that asks for ambient",
    reads=("namespaces", "istiods", "mesh_configs", "pods"),
    asks=(of_mesh(Code.NAMESPACE_NOT_DISCOVERED), of_pods(Code.NAMESPACE_NOT_DISCOVERED)),
)
