"""Check: an istiod that serves ambient mode is Ready."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_mesh

CHECK = Check(
    id="istiod-ready",
    section="control plane",
    title="an istiod that serves ambient mode is Ready",
    reads=("istiods",),
    asks=(of_mesh(Code.ISTIOD_MISSING, Code.ISTIOD_NOT_READY),),
)
