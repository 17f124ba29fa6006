"""Check: every node finds the plugin of istio-cni."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_pods

CHECK = Check(
    id="cni-plugin",
    section="nodes",
    title="every node finds the plugin of istio-cni",
    reads=("pods", "events"),
    asks=(of_pods(Code.PLUGIN_NOT_FOUND),),
)
