"""That an agent runs on no node at all: one finding on the mesh, instead of one for each node."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.evidence import Evidence, Finding
from kubectl_ambient.mesh.installation.agents import Installation
from kubectl_ambient.mesh.installation.placement import why_absent


def nowhere(snapshot: Snapshot, installation: Installation) -> Iterator[Finding]:
    """No pod of an agent runs in the whole cluster, though istio-cni is installed."""
    if not installation.installed:
        return
    follows = {
        "istio-cni": "pods that are in ambient mode stay in, and nothing can be moved in or out",
        "ztunnel": "pods in ambient mode are redirected to a ztunnel that is not there, and cannot connect",
    }
    for health in (installation.elsewhere.cni, installation.elsewhere.ztunnel):
        if not health.nowhere:
            continue
        what = f"no {health.program} pod runs in this cluster: {follows[health.program]}"
        evidence: tuple[Evidence, ...] = (Evidence("Node/*", f"pods of {health.program}", "none"),)
        causes = {node: why_absent(health.program, node, snapshot) for node in sorted(snapshot.nodes.facts) or [""]}
        node, cause = next(iter(causes.items()))
        if cause is not None:
            alike = all(other is not None and other.message == cause.message for other in causes.values())
            what += f"; {cause.message}" if alike else f"; on {node}: {cause.message}"
            evidence += cause.evidence
        yield Finding.of(Code.AGENT_MISSING, what, *evidence)
