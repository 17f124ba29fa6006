"""Which pods nothing that decides tells apart: a judgement on one of them is one on all.

Pods of one namespace differ in their names, addresses, ages, owners, and in labels that no rule reads. In a large
cluster nearly all judgements are copies.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping

from kubectl_ambient.cluster.facts import LabelSelector, Node, Owner, Pod, Workload
from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME
from kubectl_ambient.cluster.label_keys import concerns_istio
from kubectl_ambient.mesh.enrolment.enablement import Invalid
from kubectl_ambient.mesh.enrolment.mode_label import misspelt_modes
from kubectl_ambient.mesh.injection import Injector
from kubectl_ambient.mesh.installation.agents import Installation

# Istio's, and read by no rule: the injector writes them for telemetry, another value for each application.
_DECIDES_NOTHING = frozenset(("service.istio.io/canonical-name", "service.istio.io/canonical-revision"))


class Alike:
    """Tells alike pods of one snapshot by equal keys. `nodes` are those that are known, by name."""

    def __init__(self, installation: Installation, injector: Injector, nodes: Mapping[str, Node]) -> None:
        self._installation = installation
        self._nodes = nodes
        self._selected_by = frozenset(_keys_of_selectors(installation, injector))
        self._decides: dict[str, bool] = {}  # by the key of a label
        self._last: tuple[Mapping[str, str], Hashable] = ({}, frozenset())
        self._kinds_of_node: dict[str, Hashable] = {}
        self._kinds_of_workload: dict[str, Hashable] = {}

    def key(self, pod: Pod, owner: Owner | None, workload: Workload | None) -> Hashable | None:
        """Equal for pods that differ in nothing that decides; None for one that has its own story.

        owner, workload: who makes its successors, and what was read of that.
        """
        if pod.deleting is not None or pod.creating or pod.unscheduled:
            return None
        return (
            pod.namespace,
            owner if workload is None else self._kind_of_workload(workload),
            self._kind_of_node(pod.node),
            pod.annotations,
            pod.phase,
            pod.host_network,
            pod.windows_field,
            pod.native_sidecar,
            pod.proxy,
            pod.labels.get(GATEWAY_NAME),
            self._deciding(pod.labels),
        )

    def _deciding(self, labels: Mapping[str, str]) -> Hashable:
        before, known = self._last
        if labels is before:  # pods in a row share theirs
            return known
        decides = self._decides
        found = []
        for key in labels:
            if key not in decides:
                decides[key] = self._may_decide(key)
            if decides[key]:
                found.append((key, labels[key]))
        known = frozenset(found)
        self._last = (labels, known)
        return known

    def _may_decide(self, key: str) -> bool:
        if key in self._selected_by:
            return True
        return key not in _DECIDES_NOTHING and (concerns_istio(key) or any(misspelt_modes({key: ""})))

    def _kind_of_workload(self, workload: Workload) -> Hashable:
        """Workloads whose next pods are alike."""
        known = self._kinds_of_workload.get(workload.ref)
        if known is None:
            template = workload.template
            known = (workload.kind, self._deciding(template.labels), template.annotations, template.host_network)
            self._kinds_of_workload[workload.ref] = known
        return known

    def _kind_of_node(self, name: str) -> Hashable:
        """Nodes with the same rules are one kind; one on which something is wrong is told by its name."""
        if name not in self._kinds_of_node:
            self._kinds_of_node[name] = self._rules_on(name)
        return self._kinds_of_node[name]

    def _rules_on(self, name: str) -> Hashable:
        node, agents = self._nodes.get(name), self._installation.on(name)
        if agents.cni.bad or agents.ztunnel.bad or (node is not None and not node.runs_daemonsets):
            return name
        rules = tuple((r.version, r.installed, r.enabled, id(r.entries), r.excluded) for r in agents.worlds)
        return bool(name), agents.cni.status, agents.ztunnel.status, rules


def _keys_of_selectors(installation: Installation, injector: Injector) -> Iterator[str]:
    """The labels that this cluster's own selectors ask about."""
    for agents in (*installation.nodes.values(), installation.elsewhere):
        for rules in agents.worlds:
            for entry in () if isinstance(rules.entries, Invalid) else rules.entries:
                yield from _keys_of(entry.pod)
    for webhook in injector.webhooks:
        yield from _keys_of(webhook.object_selector)
    for policy in injector.policies.values():
        for selector in (*policy.never, *policy.always):
            yield from _keys_of(selector)


def _keys_of(selector: LabelSelector) -> Iterator[str]:
    yield from selector.match_labels
    yield from (requirement.key for requirement in selector.match_expressions)
