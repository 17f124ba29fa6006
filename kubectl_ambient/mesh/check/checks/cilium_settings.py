"""Check: Cilium lets ambient mode work."""

from __future__ import annotations

from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import Settings
from kubectl_ambient.mesh.risks.platform import cilium_faults

CHECK = Check(
    id="cilium-settings",
    section="platform",
    title="Cilium, where it is there, lets ambient mode work",
    reads=("cilium_config",),
    asks=(Settings("cilium_config", cilium_faults),),
)
