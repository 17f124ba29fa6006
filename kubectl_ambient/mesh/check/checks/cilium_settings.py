"""Check: Cilium lets ambient mode work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubectl_ambient.mesh.check.check import Check, Hit
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.risks.platform import cilium_faults

if TYPE_CHECKING:
    from kubectl_ambient.mesh.check.judged import Judged


def _wrong(judged: Judged) -> Iterator[Hit]:
    """Where there is no Cilium nothing is wrong with it."""
    for config in judged.snapshot.cilium_config.known:
        for key, why, remedy in cilium_faults(config.data):
            yield Hit(
                object=config.ref,
                message=f"Cilium {why}: {remedy} in the values of its chart",
                severity="warning",
                evidence=(Evidence(config.ref, f"data[{key}]", config.data.get(key)),),
            )


CHECK = Check(
    id="cilium-settings",
    section="platform",
    title="Cilium, where it is there, lets ambient mode work",
    reads=("cilium_config",),
    asks=(_wrong,),
)
