"""Which pods nothing that decides tells apart: a judgement on one of them is one on all.

A rollout makes pods that differ in name, address and age. In a large cluster nearly all judgements are copies.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from kubectl_ambient.cluster.facts import Node, Pod
from kubectl_ambient.mesh.agents import Installation
from kubectl_ambient.mesh.enrolment import can_run_agents


class Alike:
    """Tells alike pods of one snapshot by equal keys. `nodes` are those that are known, by name."""

    def __init__(self, installation: Installation, nodes: Mapping[str, Node]) -> None:
        self._installation = installation
        self._nodes = nodes
        self._kinds_of_node: dict[str, Hashable] = {}

    def key(self, pod: Pod) -> Hashable | None:
        """Equal for pods that differ in nothing but name, node and age; None for one that has its own story."""
        if pod.deleting is not None or pod.creating:
            return None
        return (
            pod.namespace,
            pod.owner,
            self._kind_of_node(pod.node),
            pod.annotations,
            pod.phase,
            pod.host_network,
            pod.windows,
            pod.native_sidecar,
            frozenset(pod.labels.items()),
        )

    def _kind_of_node(self, name: str) -> Hashable:
        """Nodes with the same rules are one kind; one on which something is wrong is told by its name."""
        if name not in self._kinds_of_node:
            self._kinds_of_node[name] = self._rules_on(name)
        return self._kinds_of_node[name]

    def _rules_on(self, name: str) -> Hashable:
        node, agents = self._nodes.get(name), self._installation.on(name)
        if agents.cni.bad or agents.ztunnel.bad or (node is not None and not can_run_agents(node)):
            return name
        rules = tuple((r.version, r.installed, r.enabled, id(r.entries), r.excluded) for r in agents.worlds)
        return bool(name), agents.cni.status, agents.ztunnel.status, rules
