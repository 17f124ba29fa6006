"""Check: nothing asks for ambient and for a sidecar at once."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_labels, of_pods

CHECK = Check(
    id="both-modes",
    section="namespaces",
    title="nothing asks for ambient and for a sidecar at once",
    reads=("namespaces", "labelled_namespaces", "labelled", "pods", "webhooks"),
    asks=(of_labels(Code.BOTH_MODES), of_pods(Code.BOTH_MODES)),
)
