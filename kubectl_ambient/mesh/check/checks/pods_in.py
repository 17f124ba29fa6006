"""Check: every pod that should be in ambient mode is."""

from __future__ import annotations

from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import InState

CHECK = Check(
    id="pods-in",
    section="workloads",
    title="every pod that should be in ambient mode is",
    reads=("pods", "namespaces"),
    asks=(InState("NotEnrolled", "error"),),
)
