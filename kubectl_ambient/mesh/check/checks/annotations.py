"""Check: what Istio writes on pods was written by Istio."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_labels, of_pods

CHECK = Check(
    id="annotations",
    section="workloads",
    title="what Istio writes on pods was written by Istio",
    reads=("pods", "labelled"),
    asks=(of_labels(Code.COPIED_FROM_POD), of_pods(Code.REDIRECTION_VALUE_UNKNOWN)),
)
