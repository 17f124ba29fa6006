"""Check: what the labels of pods say, their templates say as well."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_pods

CHECK = Check(
    id="labels-kept",
    section="workloads",
    title="what the labels of pods say, their templates say as well",
    reads=("pods", "workloads"),
    asks=(of_pods(Code.LABEL_NOT_KEPT),),
)
