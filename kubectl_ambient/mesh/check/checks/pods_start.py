"""Check: every pod can start and end."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_pods

CHECK = Check(
    id="pods-start",
    section="workloads",
    title="every pod can start and end",
    reads=("pods", "events"),
    asks=(of_pods(Code.SANDBOX_FAILED, Code.KILL_FAILED, Code.UNSCHEDULABLE),),
)
