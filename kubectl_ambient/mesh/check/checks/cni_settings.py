"""Check: istio-cni runs with the settings that it has now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubectl_ambient.mesh.check.check import Check, Hit
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.installation.agents import nodes_of, started_before
from kubectl_ambient.shell.command import kubectl, offered
from kubectl_ambient.shell.words import inside, named

if TYPE_CHECKING:
    from kubectl_ambient.mesh.check.judged import Judged


def _not_taken(judged: Judged) -> Iterator[Hit]:
    """It reads them when it starts, and the chart does not restart it [daemonset.yaml]."""
    for config in judged.snapshot.cni_config.known:
        older = started_before(config, judged.snapshot)
        if not older:
            continue
        daemonsets = [d for d in judged.snapshot.cni_daemonsets.known if d.namespace == config.namespace]
        restart = [kubectl("rollout restart", named("daemonset", d.name), *inside(d.namespace)) for d in daemonsets]
        yield Hit(
            object=config.ref,
            message=f"it changed after istio-cni started on {nodes_of(older)}, and is read only when istio-cni starts",
            severity="warning",
            evidence=(
                Evidence(config.ref, "metadata.managedFields[].time", f"{config.changed:%Y-%m-%dT%H:%M:%SZ}"),
                Evidence(older[0].ref, "status.startTime", f"{older[0].started:%Y-%m-%dT%H:%M:%SZ}"),
            ),
            fix=offered(restart[0]) if restart else None,
        )


CHECK = Check(
    id="cni-settings",
    section="installation",
    title="istio-cni runs with the settings that it has now",
    reads=("cni_config", "cni_pods"),
    asks=(_not_taken,),
)
