"""Check: ambient is on in istiod and in istio-cni."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check, Hit
from kubectl_ambient.mesh.check.sources import of_mesh

if TYPE_CHECKING:
    from kubectl_ambient.mesh.check.judged import Judged


def _off_in_cni(judged: Judged) -> Iterator[Hit]:
    """`AMBIENT_ENABLED`, as each node's agent has it."""
    for rules in judged.rules:
        if not rules.enabled:
            told = rules.enabled_told.evidence
            message = "istio-cni runs with ambient switched off, so no label has any effect"
            yield Hit(object=told.object, message=message, evidence=(told,))


CHECK = Check(
    id="ambient-on",
    section="installation",
    title="ambient is on in istiod and in istio-cni",
    reads=("istiods", "cni_daemonsets", "cni_config"),
    asks=(of_mesh(Code.ISTIOD_WITHOUT_AMBIENT), _off_in_cni),
)
