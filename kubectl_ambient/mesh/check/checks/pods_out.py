"""Check: no pod is redirected that should not be."""

from __future__ import annotations

from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import InState

CHECK = Check(
    id="pods-out",
    section="workloads",
    title="no pod is redirected that should not be",
    reads=("pods", "namespaces"),
    asks=(InState("Stale", "error"),),
)
