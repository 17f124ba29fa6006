"""Judges the pods of a snapshot: what should be, what is, and whether the two agree."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import cached_property, partial
from typing import TYPE_CHECKING

from msgspec import structs

from kubectl_ambient.cluster.facts import Namespace, Owner, Pod, Unread, Workload
from kubectl_ambient.cluster.owners import TEMPLATE_HASH, owner_of
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.enrolment.agreeing import agreed
from kubectl_ambient.mesh.enrolment.alike import Alike
from kubectl_ambient.mesh.enrolment.deciding import Decision, decide
from kubectl_ambient.mesh.enrolment.rules import Case
from kubectl_ambient.mesh.evidence import Finding, tells
from kubectl_ambient.mesh.findings.checks import findings
from kubectl_ambient.mesh.findings.replicas import Replicas
from kubectl_ambient.mesh.findings.served import NOT_SERVED, NOTHING_COMES, Served
from kubectl_ambient.mesh.findings.subject import Subject
from kubectl_ambient.mesh.installation.agents import Installation, installation
from kubectl_ambient.mesh.next_pod import AfterRestart, NextPod, Successors
from kubectl_ambient.mesh.state import message_of, mode_of, observed_of, state_of
from kubectl_ambient.mesh.stuck import stuck_of
from kubectl_ambient.mesh.verdict import Judgement, Verdict
from kubectl_ambient.mesh.waypoint.pods import PodWaypoint, PodWaypoints

if TYPE_CHECKING:
    from kubectl_ambient.mesh.ztunnel.proofs import Proofs


class Judge:
    """Judges the pods of one snapshot. Pure: the same snapshot gives the same verdicts.

    waypoints: tell the pods' waypoints too, for which the snapshot has to hold the Gateways that are named. by_node:
    speak of the nodes of the pods alone, as who reads no others has to. agents: those of the snapshot, where they are
    known already.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        waypoints: bool = False,
        by_node: bool = False,
        agents: Installation | None = None,
    ) -> None:
        self.snapshot = snapshot
        self.installation: Installation = agents or installation(snapshot, by_node=by_node)
        self._successors = Successors(snapshot, partial(self._decide, trace=False))
        self.injector = self._successors.injector
        self.waypoints = PodWaypoints(snapshot) if waypoints else None
        self.served = Served(snapshot, self.installation)
        self._replicas = Replicas(snapshot)
        self._nodes = {} if snapshot.nodes.refusal else snapshot.nodes.facts
        self._dead: dict[str, bool] = {}  # by node
        self._concerned = False
        self._alike = Alike(self.installation, self.injector, self._nodes)
        self._settled: dict[Hashable, Verdict] = {}
        self._last_owner: tuple[Hashable, tuple[Owner | None, Workload | None]] = (None, (None, None))

    def judge(self, pod: Pod) -> Verdict:
        """The verdict on one pod; judged once for all that are alike, where there is nothing to say of one of them."""
        owner, _ = self._owner(pod)
        verdict = structs.replace(
            self.judge_kind(pod), name=pod.name, node=pod.node, owner=str(owner) if owner else None
        )
        return self.with_proof(pod, verdict)

    def judge_kind(self, pod: Pod) -> Verdict:
        """The same, but for name, node and owner, which may be those of one that is alike: enough for sums.

        A pod that needs attention is told by its own.
        """
        return self._with_service(self._kind(pod), pod.node)

    def _with_service(self, verdict: Verdict, node: str) -> Verdict:
        """The verdict on a pod of this node, and whether anything can come of being in."""
        if verdict.state != "Enrolled":
            return verdict
        unserved = self.dead_on(node) or tells(verdict.findings, *NOTHING_COMES)
        return verdict if verdict.unserved == unserved else structs.replace(verdict, unserved=unserved)

    @cached_property
    def _proofs(self) -> Proofs | None:
        """What compares with the ztunnels; None where none was asked."""
        if self.snapshot.ztunnels is None:
            return None
        from kubectl_ambient.mesh.ztunnel.proofs import Proofs

        return Proofs(self.snapshot, self.installation)

    def with_proof(self, pod: Pod, verdict: Verdict) -> Verdict:
        """The verdict with what the node's ztunnel says of the pod."""
        proof = self._proofs.of(pod, verdict) if self._proofs else None
        if proof is None:
            return verdict
        unserved = verdict.unserved or (verdict.state == "Enrolled" and proof.served in ("no", "blocked"))
        findings = (*verdict.findings, *proof.findings)
        return structs.replace(verdict, proof=proof, unserved=unserved, findings=findings)

    def dead_on(self, node: str) -> bool:
        """Whether the node's ztunnel serves nobody, or what is wrong with the mesh leaves all of its pods unserved."""
        known = self._dead.get(node)
        if known is None:
            dead = bool(node) and self.installation.on(node).ztunnel.bad
            known = self._dead[node] = dead or tells(self._on_nodes([node]), *NOTHING_COMES)
        return known

    def _kind(self, pod: Pod) -> Verdict:
        owner, workload = self._owner(pod)
        key = self._alike.key(pod, owner, workload)
        known = self._settled.get(key)
        if known is not None:
            return known
        verdict = self._judge(pod, trace=False).verdict
        if key is not None and verdict.state in ("Enrolled", "NotAmbient") and not verdict.findings:
            self._settled[key] = verdict
        return verdict

    def explain(self, pod: Pod) -> Judgement:
        """The verdict on one pod, with every rule's word."""
        judgement = self._judge(pod, trace=True)
        verdict = self.with_proof(pod, self._with_service(judgement.verdict, pod.node))
        judgement = structs.replace(judgement, verdict=verdict)
        if self.waypoints is None:
            return judgement
        services = self.waypoints.services_of(pod)
        return structs.replace(judgement, waypoint=self.waypoints.explain(pod), services=services)

    def mesh_findings(self, verdicts: Iterable[Verdict], namespaces: Iterable[str] = ()) -> list[Finding]:
        """What keeps all of these pods from being served, once; and what awaits the first pod of these namespaces."""
        inside = [verdict for verdict in verdicts if verdict.expected == "in"]
        homes = {verdict.namespace for verdict in inside}
        empty = [name for name in namespaces if name not in homes and self.next_in(name).decision.expected == "in"]
        found = [*(f for name in empty for f in self.awaiting(name)), *self._on_nodes(v.node for v in inside)]
        return list({finding.message: finding for finding in found}.values())

    def awaiting(self, namespace: str) -> list[Finding]:
        """What keeps a pod that comes to a namespace from being served, on whatever node."""
        of_mesh = (finding for finding in self._on_nodes([""]) if finding.code in NOT_SERVED)
        return [*self.served.of_namespace(self._namespace(namespace)), *of_mesh]

    def _on_nodes(self, nodes: Iterable[str]) -> list[Finding]:
        wanted = set(nodes)
        return [found.finding for found in self.served.mesh if found.concerns(wanted)] if wanted else []

    def after_restart(self, pod: Pod) -> AfterRestart:
        """What follows the pod when it is replaced, as its verdict says it, without the rest of that."""
        decision, _, _, successor = self._succeeded(pod, trace=False)
        self._concerned = self._concerned or decision.expected == "in"
        return successor.becomes

    def expected_of(self, pod: Pod) -> Decision:
        """What should be, by labels alone; for asking what a change would move."""
        return self._decide(pod, self._namespace(pod.namespace), trace=False)

    def next_of(self, workload: Workload) -> NextPod:
        """What the next pod of a workload would be, by its template."""
        return self._successors.of_workload(workload, self._namespace(workload.namespace))

    def next_in(self, namespace: str) -> NextPod:
        """What a pod without labels of its own would be in that namespace."""
        return self._successors.of_namespace(namespace, self._namespace(namespace))

    @property
    def assumptions(self) -> list[str]:
        """What was taken for granted because it could not be read."""
        told = [*self.installation.assumptions, *self.injector.assumptions]
        if self.snapshot.nodes.refusal:
            told.append(f"every node is taken for a Linux node: {self.snapshot.nodes.refusal}")
        told += self._successors.assumptions
        told += self.served.assumptions if self._concerned else ()
        if self.snapshot.ztunnels and self.snapshot.from_files:
            told.append("what ztunnels said is taken to be of the same moment as the objects of the files")
        return [*told, *(self.waypoints.assumptions if self.waypoints else ())]

    def _judge(self, pod: Pod, *, trace: bool) -> Judgement:
        snapshot = self.snapshot
        namespace = self._namespace(pod.namespace)
        agents = self.installation.on(pod.node)
        decision, owner, workload, successor = self._succeeded(pod, trace=trace)
        observed = observed_of(pod, agents)
        state = state_of(decision.expected, observed, pod, snapshot.now)
        stuck = stuck_of(pod, snapshot)
        left = self.installation.left
        subject = Subject(
            pod=pod,
            namespace=namespace,
            agents=agents,
            decision=decision,
            observed=observed,
            state=state,
            workload=workload,
            injection=successor.injection,
            stuck=stuck,
            left=left,
            snapshot=snapshot,
            served=self.served,
            replicas=self._replicas,
        )
        wanted = decision.expected == "in"
        self._concerned = self._concerned or wanted
        # Of a listing they are told once, see `mesh_findings`.
        of_mesh = self._on_nodes([pod.node]) if trace and wanted else []
        waypoint = self.waypoints.of(pod, namespace) if self.waypoints else PodWaypoint(None)
        verdict = Verdict(
            namespace=pod.namespace,
            name=pod.name,
            mode=mode_of(pod, observed),
            expected=decision.expected,
            observed=observed,
            state=state,
            reason=decision.reason,
            message=message_of(state, pod, decision, agents, snapshot.now, stuck, left),
            node=pod.node,
            owner=str(owner) if owner else None,
            after_restart=successor.becomes,
            waypoint=waypoint.waypoint,
            waypoint_known=waypoint.known,
            findings=(*findings(subject), *of_mesh),
        )
        return Judgement(
            verdict=verdict,
            pod=pod,
            decision=decision,
            next_pod=successor,
            agents=agents,
            workload=workload,
            stuck=stuck,
        )

    def _succeeded(self, pod: Pod, *, trace: bool) -> tuple[Decision, Owner | None, Workload | None, NextPod]:
        """What should be of the pod, who makes its successors, and what these are."""
        namespace = self._namespace(pod.namespace)
        decision = self._decide(pod, namespace, trace=trace)
        owner, workload = self._owner(pod)
        return decision, owner, workload, self._successors.of(pod, owner, workload, namespace, decision)

    def _owner(self, pod: Pod) -> tuple[Owner | None, Workload | None]:
        """Who makes the pod's successors, and what was read of that."""
        told = (pod.namespace, pod.owner, pod.labels.get(TEMPLATE_HASH))  # all that `owner_of` looks at
        before, found = self._last_owner  # pods come in the order of their names
        if told != before:
            owner = owner_of(pod, self.snapshot.workloads.facts)
            found = owner, self.snapshot.workload(owner.kind, pod.namespace, owner.name) if owner else None
            self._last_owner = (told, found)
        return found

    def _namespace(self, name: str) -> Namespace | Unread:
        return self.snapshot.namespaces.get(name) or Unread(what=f"get namespace {name}", why="not read")

    def _decide(self, pod: Pod, namespace: Namespace | Unread, *, trace: bool) -> Decision:
        """By the rules of the node's agent; by those of every version where its version is not known."""
        node = self._nodes.get(pod.node)
        worlds = self.installation.on(pod.node).worlds
        decisions = [decide(Case(pod, namespace, node, rules), trace=trace) for rules in worlds]
        return agreed(decisions, worlds)
