"""Check: the opt-out (dataplane-mode=none) is heeded."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_pods

CHECK = Check(
    id="opt-out",
    section="installation",
    title="the opt-out (dataplane-mode=none) is heeded",
    reads=("pods", "namespaces", "cni_daemonsets", "cni_config"),
    asks=(of_pods(Code.OPT_OUT_IGNORED),),
)
