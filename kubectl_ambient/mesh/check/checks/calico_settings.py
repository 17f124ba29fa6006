"""Check: Calico lets ztunnel see to which Service a connection goes."""

from __future__ import annotations

from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import Settings
from kubectl_ambient.mesh.risks.platform import calico_faults

CHECK = Check(
    id="calico-settings",
    section="platform",
    title="Calico, where it is there, lets ztunnel see Services",
    reads=("felix_configurations",),
    asks=(Settings("felix_configurations", calico_faults),),
)
