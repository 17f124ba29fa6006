"""Versions that Istio does not support together: an agent is of istiod's minor version, or of the one before.

Source: istio.io, docs/ambient/upgrade/helm: that holds for istio-cni and for ztunnel, and istiod is upgraded first.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence

from msgspec import Struct

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.evidence import Evidence, Finding
from kubectl_ambient.mesh.installation import versions
from kubectl_ambient.mesh.installation.agents import Installation
from kubectl_ambient.mesh.installation.istiods import ShownIstiod
from kubectl_ambient.mesh.installation.versions import Version

Upstream = Callable[[Pod | None], list[ShownIstiod]]


class _Agent(Struct, frozen=True):
    program: str
    version: Version
    evidence: Evidence


def skew(
    ztunnels: Sequence[Pod | None], installation: Installation, upstream: Upstream
) -> Iterator[tuple[Finding, set[str], set[str]]]:
    """One finding for each agent's version that none of its istiods goes with, its nodes, and the nodes of all.

    What is older than ambient mode is no version of Istio, but of a chart from a checkout.
    """
    nodes = {ztunnel.node: ztunnel for ztunnel in ztunnels if ztunnel}
    told: dict[tuple[str, Version], tuple[Finding, set[str]]] = {}
    asked: dict[Hashable, Finding | None] = {}  # of each version one agent is evidence enough
    every: dict[str, set[str]] = {}
    for node in sorted({*nodes, *installation.nodes} - {""}):
        by = upstream(nodes.get(node))
        for agent in _agents(node, nodes.get(node), installation):
            every.setdefault(agent.program, set()).add(node)
            key = (agent.program, agent.version, *(istiod.ref for istiod in by))
            if key not in asked:
                asked[key] = _unsupported(agent, by)
            if finding := asked[key]:
                told.setdefault((agent.program, agent.version), (finding, set()))[1].add(node)
    for (program, _), (finding, where) in told.items():
        yield finding, where, every[program]


def _agents(node: str, ztunnel: Pod | None, installation: Installation) -> Iterator[_Agent]:
    worlds = installation.on(node).worlds
    if len(worlds) == 1 and worlds[0].installed and worlds[0].version_told.value is not None:
        yield _Agent("istio-cni", worlds[0].version, worlds[0].version_told.evidence)
    if ztunnel and ztunnel.agent:
        version = versions.of_image(ztunnel.agent.image)
        if version:
            yield _Agent("ztunnel", version, Evidence(ztunnel.ref, "spec.containers[0].image", ztunnel.agent.image))


def _unsupported(agent: _Agent, by: Sequence[ShownIstiod]) -> Finding | None:
    of_istiod = [istiod.told_version for istiod in by]
    if not of_istiod or agent.version < versions.OLDEST:
        return None
    gaps = [_gap(version, agent.version) for version, _ in of_istiod]
    if not all(gap is not None and gap not in (0, 1) for gap in gaps):
        return None
    newest = max(version for version, _ in of_istiod if version)
    how = "newer than" if (gaps[0] or 0) < 0 else "more than one minor version older than"
    return Finding.of(
        Code.VERSIONS_UNSUPPORTED,
        f"{agent.program} {agent.version} is {how} istiod {newest}: Istio supports it with an istiod of the same minor "
        "version or of the next, and upgrades istiod first",
        agent.evidence,
        *(told.evidence for _, told in of_istiod),
    )


def _gap(istiod: Version | None, agent: Version) -> int | None:
    """How many minor versions istiod is ahead; None where that is not known."""
    if istiod is None or istiod < versions.OLDEST or istiod.major != agent.major:
        return None
    return istiod.minor - agent.minor
