"""Check: no pod waits to be accepted by ztunnel."""

from __future__ import annotations

from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import InState

CHECK = Check(
    id="pods-accepted",
    section="workloads",
    title="no pod waits to be accepted by ztunnel",
    reads=("pods", "namespaces"),
    asks=(InState("Pending", "error"),),
)
