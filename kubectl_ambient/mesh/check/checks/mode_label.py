"""Check: every label for the mode has a value that Istio knows."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import is_of_mode, of_labels, of_pods

CHECK = Check(
    id="mode-label",
    section="namespaces",
    title="every label for the mode has a value that Istio knows",
    reads=("labelled",),
    also=("namespaces", "labelled_namespaces", "pods"),
    asks=(of_labels(Code.VALUE_UNKNOWN, where=is_of_mode), of_pods(Code.MODE_VALUE_UNKNOWN)),
)
