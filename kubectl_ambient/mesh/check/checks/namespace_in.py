"""Check: every namespace that asks for ambient gets it."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_pods

CHECK = Check(
    id="namespace-in",
    section="namespaces",
    title="every namespace that asks for ambient gets it",
    reads=("namespaces", "pods", "cni_daemonsets", "cni_config"),
    asks=(of_pods(Code.NAMESPACE_WITHOUT_AMBIENT),),
)
