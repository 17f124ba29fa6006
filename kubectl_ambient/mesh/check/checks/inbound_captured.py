"""Check: no pod lets plain text past the mesh."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_pods

CHECK = Check(
    id="inbound-captured",
    section="workloads",
    title="no pod lets plain text past the mesh",
    reads=("pods", "namespaces"),
    asks=(of_pods(Code.INBOUND_BYPASSED, Code.BYPASS_INVALID),),
)
