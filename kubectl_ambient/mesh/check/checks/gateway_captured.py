"""Check: no gateway is in ambient mode."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_labels, of_pods

CHECK = Check(
    id="gateway-captured",
    section="gateways",
    title="no gateway is in ambient mode",
    reads=("pods", "namespaces", "gateways"),
    asks=(of_pods(Code.GATEWAY_CAPTURED, Code.GATEWAY_REPLICAS_DIFFER), of_labels(Code.OPT_OUT_LOST)),
)
