"""Check: nothing is left of an istio-cni that is gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check, Hit

if TYPE_CHECKING:
    from kubectl_ambient.mesh.check.judged import Judged


def _left(judged: Judged) -> Iterator[Hit]:
    """The finding on its pods says the same of each: here it is one line."""
    installed = judged.judge.installation
    told = next((hit for hit in judged.of_pods if hit.code == Code.CNI_GONE), None)
    evidence = installed.elsewhere.worlds[-1].installed_told.evidence
    if told is not None:
        yield Hit(object=evidence.object, message=told.message, evidence=told.evidence, code=told.code)
    elif installed.left:
        message = f"istio-cni is gone, while {installed.left} are there"
        yield Hit(object=evidence.object, message=message, severity="warning", evidence=(evidence,))


CHECK = Check(
    id="leftovers",
    section="installation",
    title="nothing is left of an istio-cni that is gone",
    reads=("cni_daemonsets", "cni_config", "ztunnel_pods"),
    asks=(_left,),
    always=True,
)
