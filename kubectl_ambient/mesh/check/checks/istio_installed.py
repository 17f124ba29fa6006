"""Check: Istio is installed, with its ambient mode."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubectl_ambient.mesh.check.check import Check, Hit

if TYPE_CHECKING:
    from kubectl_ambient.mesh.check.judged import Judged


def _missing(judged: Judged) -> Iterator[Hit]:
    installed = judged.judge.installation
    if judged.no_istio:
        yield Hit(object="Istio", message=judged.no_istio)
    elif not installed.installed and not installed.left:
        told = installed.elsewhere.worlds[-1].installed_told.evidence
        message = "istio-cni is not installed, so no pod can be in ambient mode"
        yield Hit(object=told.object, message=message, evidence=(told,))


CHECK = Check(
    id="istio-installed",
    section="installation",
    title="Istio is installed, with its ambient mode",
    reads=("cni_daemonsets", "istiods"),
    asks=(_missing,),
    always=True,
)
