"""What all judges say of a snapshot, in one scope: each is asked once, for all checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Pod
from kubectl_ambient.cluster.found import EVERYWHERE
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.check.check import Hit
from kubectl_ambient.mesh.check.proven import Proven
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.findings.served import MeshFinding
from kubectl_ambient.mesh.in_vain import in_vain, may_be_in_vain
from kubectl_ambient.mesh.installation.settings import Rules
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.labels.judge import LabelJudge
from kubectl_ambient.mesh.nodes import NodeRow, by_node
from kubectl_ambient.mesh.policy.judge import PolicyJudge
from kubectl_ambient.mesh.verdict import Verdict
from kubectl_ambient.mesh.waypoint.binding import Binding
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.list import Waypoint, is_waypoint, waypoint_of
from kubectl_ambient.mesh.waypoint.list_findings import findings_of
from kubectl_ambient.mesh.waypoint.reference import USE_WAYPOINT
from kubectl_ambient.mesh.waypoint.rules import Target


class Judged:
    """One snapshot, of which `namespace` (empty: all) is asked about. Its lists of hits hold findings of every code."""

    def __init__(self, snapshot: Snapshot, namespace: str = "") -> None:
        self.snapshot = snapshot
        self.namespace = namespace
        self.judge = Judge(snapshot, waypoints=snapshot.ztunnels is not None)

    def within(self, namespace: str) -> bool:
        """Whether an object of this namespace is asked about."""
        return self.namespace in ("", namespace)

    @cached_property
    def verdicts(self) -> list[tuple[Pod, Verdict]]:
        """The pods of the scope, each with a verdict: its own where something is to be said of it."""
        return [(pod, verdict) for pod, verdict in self.every_verdict if self.within(pod.namespace)]

    @cached_property
    def every_verdict(self) -> list[tuple[Pod, Verdict]]:
        """The same of every pod that was read."""
        pods = sorted(self.snapshot.pods, key=lambda pod: (pod.namespace, pod.name))
        return [(pod, self.judge.judge_kind(pod)) for pod in pods]

    def ports_of(self, pod: Pod) -> list[int | str]:
        """The ports of a pod, by number or name, to which some Service sends TCP."""
        found = (service for service in self._services.get(pod.namespace, ()) if service.selector)
        chosen = (service for service in found if service.selector.items() <= pod.labels.items())
        return list(dict.fromkeys(p.target for service in chosen for p in service.ports if p.protocol == "TCP"))

    @cached_property
    def _services(self) -> dict[str, list[Service]]:
        found: dict[str, list[Service]] = {}
        for service in self.snapshot.services:
            found.setdefault(service.namespace, []).append(service)
        return found

    @cached_property
    def nodes(self) -> list[NodeRow]:
        """Every node, with its agents and the pods of the scope."""
        return [row for row in by_node(self.judge, self.verdicts) if row.name]

    @cached_property
    def rules(self) -> list[Rules]:
        """What the agents of the nodes go by, each once; none where istio-cni is not installed."""
        installed = self.judge.installation
        if not installed.installed:
            return []
        newest = [agents.worlds[-1] for agents in (installed.elsewhere, *installed.nodes.values())]
        return list({(r.version, r.enabled_told, r.entries_told, r.excluded_told): r for r in newest}.values())

    @cached_property
    def of_pods(self) -> list[Hit]:
        """What is found on pods, and what keeps whole namespaces out."""
        found = [Hit.of(finding, pod.ref) for pod, verdict in self.verdicts for finding in verdict.findings]
        asking = in_vain(self.judge, may_be_in_vain(verdict for _, verdict in self.verdicts))
        return [*found, *(Hit.of(one.finding, f"Namespace/{one.namespace}") for one in asking)]

    @cached_property
    def mesh(self) -> tuple[MeshFinding, ...]:
        """What is true of the mesh, or of some nodes."""
        return self.judge.served.mesh

    @cached_property
    def of_mesh(self) -> list[Hit]:
        """The same as hits, with what keeps captured namespaces from being served."""
        found = [Hit.of(one.finding, _object(one.finding.evidence)) for one in self.mesh]
        homes = (home for home in self.snapshot.namespaces.known if self.within(home.name))
        for home in homes:
            if home.labels.get(DATAPLANE_MODE) == "ambient":
                found += [Hit.of(f, f"Namespace/{home.name}") for f in self.judge.served.of_namespace(home)]
        return found

    @cached_property
    def of_labels(self) -> list[Hit]:
        """Mistakes with labels and annotations."""
        reports = LabelJudge(self.snapshot).judge_all()
        return [
            Hit.of(finding, report.labelled.ref)
            for report in reports
            if self.within(report.labelled.namespace or _own_name(report.labelled.ref))
            for finding in report.findings
        ]

    @cached_property
    def waypoints(self) -> WaypointJudge:
        """Who judges waypoints."""
        return WaypointJudge(self.snapshot)

    @cached_property
    def bindings(self) -> list[Binding]:
        """What may have a waypoint; of pods those that name one themselves: for others it is no mistake."""
        return [self.waypoints.of(target) for target in self._targets()]

    def _targets(self) -> Iterator[Target]:
        snapshot = self.snapshot
        pods = [pod for pod in snapshot.pods if USE_WAYPOINT in pod.labels]
        for found in (snapshot.services, snapshot.service_entries, pods, snapshot.workload_entries):
            yield from sorted((t for t in found if self.within(t.namespace)), key=lambda t: (t.namespace, t.name))

    @cached_property
    def of_bindings(self) -> list[Hit]:
        """What is found on objects that have a waypoint, or name one."""
        return [
            Hit.of(finding, f"{binding.kind}/{binding.namespace}/{binding.name}")
            for binding in self.bindings
            for finding in binding.findings
        ]

    @cached_property
    def gateways(self) -> list[Waypoint]:
        """The waypoints of the scope, without who uses them."""
        named = {binding.named for binding in self.bindings}
        found = [
            gateway
            for gateway in self.snapshot.gateways
            if self.within(gateway.namespace)
            and (gateway.key in named or is_waypoint(gateway, self.snapshot.gateway_class(gateway.class_name)))
        ]
        return [waypoint_of(self.waypoints, gateway, {}) for gateway in sorted(found, key=lambda g: g.key)]

    @cached_property
    def of_waypoints(self) -> list[Hit]:
        """What is found on waypoints themselves."""
        return [Hit.of(finding, found.gateway.ref) for found in self.gateways for finding in findings_of(found)]

    @cached_property
    def proven(self) -> Proven:
        """What ztunnels themselves say, where they were asked."""
        return Proven(self.snapshot, self.judge, self.verdicts)

    @property
    def of_ztunnels(self) -> list[Hit]:
        """What follows from that, on pods and nodes."""
        return self.proven.hits

    @cached_property
    def policies(self) -> PolicyJudge:
        """Who judges policies."""
        return PolicyJudge(self.snapshot, self.judge)

    @cached_property
    def of_policies(self) -> list[Hit]:
        """What is found on policies."""
        judge = self.policies
        verdicts = [judge.of(policy) for policy in judge.policies() if self.within(policy.namespace)]
        return [Hit.of(finding, verdict.ref) for verdict in verdicts for finding in verdict.findings]

    @property
    def assumptions(self) -> list[str]:
        """What was taken for granted because it could not be read."""
        told = [*self.judge.assumptions, *self.waypoints.assumptions, *self.policies.assumptions]
        return list(dict.fromkeys(told))

    @cached_property
    def no_istio(self) -> str:
        """That there is no Istio at all, as a sentence without its full stop; empty where there is any, or may be."""
        snapshot = self.snapshot
        cni, others = snapshot.cni_daemonsets, (snapshot.cni_pods, snapshot.istiods, snapshot.ztunnel_daemonsets)
        known = all(part.covers(EVERYWHERE) or snapshot.takes_for_absent(part.refusal) for part in others)
        there = any(part.facts for part in (cni, *others)) or self.judge.installation.left
        if there or not known or not cni.covers(EVERYWHERE):
            return ""
        where = "the files hold" if snapshot.from_files else "this cluster has"
        return f"{where} no Istio: no istiod, no istio-cni and no ztunnel"


def _object(evidence: Iterable[Evidence]) -> str:
    return next((one.object for one in evidence), "Istio")


def _own_name(ref: str) -> str:
    kind, _, name = ref.partition("/")
    return name if kind == "Namespace" else ""
