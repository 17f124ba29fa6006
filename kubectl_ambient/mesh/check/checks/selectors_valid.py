"""Check: istio-cni's enablement selectors are valid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubectl_ambient.mesh.check.check import Check, Hit
from kubectl_ambient.mesh.enrolment.enablement import Invalid

if TYPE_CHECKING:
    from kubectl_ambient.mesh.check.judged import Judged


def _refused(judged: Judged) -> Iterator[Hit]:
    for rules in judged.rules:
        told = rules.entries_told.evidence
        if isinstance(rules.entries, Invalid):
            message = f"Istio refuses the enablement selectors ({rules.entries.why}): a new agent does not start"
            yield Hit(object=told.object, message=message, evidence=(told,))
        elif not rules.entries:
            message = "there is no enablement selector, and without one no pod is in ambient mode (1.27+)"
            yield Hit(object=told.object, message=message, evidence=(told,))


CHECK = Check(
    id="selectors-valid",
    section="installation",
    title="istio-cni has enablement selectors, and they are valid",
    reads=("cni_daemonsets", "cni_config"),
    asks=(_refused,),
)
