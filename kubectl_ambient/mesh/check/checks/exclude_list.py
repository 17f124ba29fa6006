"""Check: the list of excluded namespaces is read and heeded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check, Hit
from kubectl_ambient.mesh.check.sources import of_pods
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.installation import versions

if TYPE_CHECKING:
    from kubectl_ambient.mesh.check.judged import Judged

_WRITTEN, _READ = "EXCLUDED_NAMESPACES", "EXCLUDE_NAMESPACES"


def _not_read(judged: Judged) -> Iterator[Hit]:
    """The charts of some versions write a key that no agent reads [PR 55304]."""
    rules = [rules for rules in judged.rules if rules.version_told.value is not None]
    for config in judged.snapshot.cni_config.known:
        value = config.data.get(_WRITTEN)
        told = [r for r in rules if versions.writes_excluded(r.version) and not r.excluded]
        if value and told:
            message = (
                f"istio-cni {told[0].name} does not read {_WRITTEN}: it reads {_READ}, so namespaces {value} are not "
                "excluded"
            )
            evidence = (Evidence(config.ref, f"data[{_WRITTEN}]", value), told[0].version_told.evidence)
            yield Hit(object=config.ref, message=message, severity="warning", evidence=evidence)


CHECK = Check(
    id="exclude-list",
    section="installation",
    title="the list of excluded namespaces is read and heeded",
    reads=("cni_daemonsets", "cni_config", "pods"),
    asks=(_not_read, of_pods(Code.EXCLUSION_NOT_HONOURED)),
)
