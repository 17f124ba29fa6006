"""Check: istiod, istio-cni and ztunnel are of versions that go together."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_mesh

CHECK = Check(
    id="versions",
    section="installation",
    title="istiod, istio-cni and ztunnel are of versions that go together",
    reads=("istiods", "cni_daemonsets", "cni_pods", "ztunnel_pods"),
    asks=(of_mesh(Code.VERSIONS_UNSUPPORTED),),
)
