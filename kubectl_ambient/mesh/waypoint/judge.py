"""The verdict on waypoints: which one serves an object, for which traffic, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from kubectl_ambient.cluster.facts import Namespace, Pod, Unread
from kubectl_ambient.cluster.kinds.gateways import Gateway
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import WaypointReason
from kubectl_ambient.mesh.evidence import Evidence, Finding, Step
from kubectl_ambient.mesh.installation.control_plane import ControlPlane, control_plane
from kubectl_ambient.mesh.installation.dns_capture import DnsCapture
from kubectl_ambient.mesh.installation.versions import Version
from kubectl_ambient.mesh.waypoint.binding import Binding
from kubectl_ambient.mesh.waypoint.deciding import UNASKED, Decision, decide
from kubectl_ambient.mesh.waypoint.findings import Found, findings
from kubectl_ambient.mesh.waypoint.handled import Unhandled, is_istios, not_discovered, overlooked, unhandled
from kubectl_ambient.mesh.waypoint.own_pods import plain_pods
from kubectl_ambient.mesh.waypoint.owner import owner_of
from kubectl_ambient.mesh.waypoint.reach import LEADS, Reach, Ways
from kubectl_ambient.mesh.waypoint.reference import Reference
from kubectl_ambient.mesh.waypoint.rules import Target, condition_of, kind_of, traffic_of
from kubectl_ambient.mesh.waypoint.usable import WAYPOINT_CLASS, WAYPOINT_FOR, Life, is_written, life
from kubectl_ambient.mesh.waypoint.words import sentence


class WaypointJudge:
    """Judges the objects of one snapshot. Pure: the same snapshot gives the same bindings."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.control_plane: ControlPlane = control_plane(snapshot)
        self._lives: dict[str, Life] = {}
        self._since: Version | None = None
        self._overlooked: dict[str, tuple[Evidence, ...]] = {}
        self._unhandled: dict[str, Unhandled | None] = {}
        self._plain: dict[str, int] = {}
        self._ways = Ways(snapshot, self.control_plane.worlds)
        self._missed: dict[str, Unread] = {}
        self._written: set[str] = set()
        self._absent: set[str] = set()

    def of_service(self, service: Service, *, trace: bool = False) -> Binding:
        """The waypoint for what is sent to the Service's own address."""
        return self.of(service, trace=trace)

    def of_pod(self, pod: Pod, *, trace: bool = False) -> Binding:
        """The waypoint for what is sent straight to the pod's address."""
        return self.of(pod, trace=trace)

    def of(self, target: Target, *, trace: bool = False) -> Binding:
        """The binding of any of the four."""
        decision = self.decide(target, trace=trace)
        named, reach = decision.named, self.reach(target, decision)
        return Binding(
            kind=kind_of(target),
            namespace=target.namespace,
            name=target.name,
            waypoint=decision.waypoint,
            traffic=traffic_of(target),
            reason=decision.reason,
            named=named.key or None,
            inherited_from=named.by if named.inherited and decision.reason not in UNASKED else None,
            condition=condition_of(target),
            message=sentence(target, decision, reach),
            leads=reach.leads,
            findings=self._findings(target, decision, reach),
            steps=decision.steps,
        )

    def all(self) -> Iterator[Binding]:
        """Those of every Service, ServiceEntry, Pod and WorkloadEntry of the snapshot."""
        yield from map(self.of, self.targets())

    def targets(self) -> Iterator[Target]:
        """Every Service, ServiceEntry, Pod and WorkloadEntry of the snapshot."""
        snapshot = self.snapshot
        yield from snapshot.services
        yield from snapshot.service_entries
        yield from self.snapshot.pods
        yield from snapshot.workload_entries

    def decide(self, target: Target, *, trace: bool = False) -> Decision:
        """By istiod's rules, as far as it looks at the namespaces of the object and of its waypoint."""
        decision = self._by_rules(target, trace=trace)
        if decision.named.waypoint is None or decision.reason in UNASKED:
            return decision
        evidence = self.overlooked(target.namespace)
        if evidence:
            message = f"istiod does not look at namespace {target.namespace} (discoverySelectors)"
            return _refused(decision, "Served", WaypointReason.NOT_SERVED, message, evidence)
        home = decision.named.waypoint[0]
        evidence = self.overlooked(home) if decision.waypoint is not None else ()
        if evidence:
            message = f"istiod does not look at namespace {home} (discoverySelectors), and knows no Gateway there"
            return _refused(decision, "Ready", WaypointReason.NOT_READY, message, evidence)
        return decision

    def overlooked(self, namespace: str) -> tuple[Evidence, ...]:
        """Why istiod does not look at a namespace; none where it does, or that is not known."""
        if namespace not in self._overlooked:
            self._overlooked[namespace] = overlooked(namespace, self.namespace(namespace), self.snapshot)
        return self._overlooked[namespace]

    def _by_rules(self, target: Target, *, trace: bool) -> Decision:
        """By those of every version that may be running where they are not known.

        Versions disagree only if they disagree about the waypoint, not about the word for having none.
        """
        namespace = self.namespace(target.namespace)
        worlds = self.control_plane.worlds
        decisions = [decide(target, namespace, self.snapshot, world, trace=trace) for world in worlds]
        if self.snapshot.from_files and not self.control_plane.known:
            decisions = self._told(decisions)
            worlds = worlds[len(worlds) - len(decisions) :]
        newest = decisions[-1]
        self._note(newest.named)
        missing = next((d for d in decisions if d.reason == WaypointReason.EVIDENCE_MISSING), None)
        if missing is not None or len({d.waypoint for d in decisions}) == 1:
            return missing or newest
        other = next(i for i, d in enumerate(decisions) if d.waypoint != newest.waypoint)
        message = (
            f"it depends on the version of istiod: {_answer(decisions[other])} in {worlds[other].version}, "
            f"{_answer(newest)} in {worlds[-1].version}"
        )
        told = (worlds[other].told.evidence, worlds[-1].told.evidence)
        because = Step(
            rule="Version",
            outcome="unknown",
            message=message,
            evidence=tuple(dict.fromkeys(told)),
            reason=WaypointReason.EVIDENCE_MISSING,
        )
        steps = tuple(because if step.rule == "Version" else step for step in newest.steps)
        return structs.replace(
            newest, waypoint=None, reason=WaypointReason.EVIDENCE_MISSING, because=because, steps=steps
        )

    def reach(self, target: Target, decision: Decision) -> Reach:
        """Whether anything gets to the waypoint that was decided on."""
        return self.way_to(target) if decision.waypoint else LEADS

    def way_to(self, target: Target) -> Reach:
        """Whether anything gets to a waypoint that is bound to this object, whichever it is."""
        return self._ways.to(target)

    @property
    def dns_capture(self) -> DnsCapture:
        """Whose DNS istio-cni captures."""
        return self._ways.dns_capture

    def plain_pods(self, name: str) -> int:
        """How many pods a namespace has, if none of them is in ambient mode; else 0."""
        if name not in self._plain:
            self._plain[name] = plain_pods(self.snapshot, self.namespace(name))
        return self._plain[name]

    def _told(self, decisions: list[Decision]) -> list[Decision]:
        """Without those of old versions that look for what the files do not hold, where newer ones find it."""
        first = next((i for i, d in enumerate(decisions) if d.reason != WaypointReason.EVIDENCE_MISSING), 0)
        if any(d.reason == WaypointReason.EVIDENCE_MISSING for d in decisions[first:]):
            return decisions
        if first:
            self._since = max(
                self._since or self.control_plane.worlds[first].version, self.control_plane.worlds[first].version
            )
        return decisions[first:]

    def namespace(self, name: str) -> Namespace | Unread:
        """The Namespace, or why its labels are not known."""
        why = "not in the files" if self.snapshot.from_files else "not read"
        return self.snapshot.namespaces.get(name) or Unread(what=f"get namespace {name}", why=why)

    def life_of(self, gateway: Gateway) -> Life:
        """Whether a Gateway has a proxy that is Ready."""
        if gateway.key not in self._lives:
            snapshot = self.snapshot
            found = life(gateway, snapshot.gateway_class(gateway.class_name), snapshot.instances_of(gateway))
            self._lives[gateway.key] = found
        return self._lives[gateway.key]

    def _note(self, named: Reference) -> None:
        """What files tell of a waypoint that is named, for the assumptions."""
        snapshot = self.snapshot
        if not snapshot.from_files or named.waypoint is None or named.empty_label:
            return
        gateway = snapshot.gateway(*named.waypoint)
        if isinstance(gateway, Unread):
            self._missed[named.key] = gateway
        elif gateway is None:
            self._absent |= set() if snapshot.whole else {named.waypoint[0]}
        elif is_written(gateway, snapshot):
            self._written.add(gateway.key)

    @property
    def unread_gateways(self) -> list[Unread]:
        """Why waypoints that labels name are not known: of a cluster what was refused, of files what they miss."""
        found = self._missed if self.snapshot.from_files else self.snapshot.gateways.unread
        return list(dict.fromkeys(found.values()))

    @property
    def assumptions(self) -> list[str]:
        """What was taken for granted because it could not be read."""
        snapshot = self.snapshot
        told = list(self.control_plane.assumptions)
        if self._since:
            told.append(f"istiod is taken to be {self._since} or newer where only that finds a waypoint in the files")
        told += [f"waypoint {key} has no status in the files: it is taken to be ready" for key in sorted(self._written)]
        told += [
            f"the files are taken to hold every waypoint of namespace {name}, for they hold one of it"
            for name in sorted(self._absent)
        ]
        classes = snapshot.gateway_class(WAYPOINT_CLASS)
        if isinstance(classes, Unread) and any(
            g.class_name == WAYPOINT_CLASS and WAYPOINT_FOR not in g.labels for g in snapshot.gateways
        ):
            told.append(f"GatewayClass {WAYPOINT_CLASS} is taken to be as istiod makes it, for services: {classes}")
        if snapshot.mesh_configs.refusal and not snapshot.from_files:
            told.append(f"istiod is taken to look at every namespace: {snapshot.mesh_configs.refusal}")
        return told

    def _findings(self, target: Target, decision: Decision, reach: Reach) -> tuple[Finding, ...]:
        snapshot, waypoint = self.snapshot, decision.waypoint
        gateway = snapshot.gateways.fact(waypoint) if waypoint else None
        told = findings(
            Found(
                target=target,
                decision=decision,
                reach=reach,
                plain_pods=self.plain_pods(target.namespace) if decision.waypoint else 0,
                namespace=self.namespace(target.namespace),
                snapshot=snapshot,
                gateway=gateway,
                named=snapshot.gateways.fact(decision.named.key),
                life=self.life_of(gateway) if gateway else None,
                world=self.control_plane.newest,
            )
        )
        unseen = self.unseen(target, decision)
        return (*told, unseen.finding) if unseen else told

    def unseen(self, target: Target, decision: Decision) -> Unhandled | None:
        """Why no istiod tells of the waypoint that is named; None where one does, or it is not known."""
        home = target.namespace
        evidence = self.overlooked(home) if decision.reason == WaypointReason.NOT_SERVED else ()
        if evidence and decision.named.waypoint:
            message = (
                f"istiod does not look at namespace {home} (discoverySelectors): the {kind_of(target)} is not known to "
                f"it, and waypoint {decision.named.key} gets none of its traffic"
            )
            return not_discovered(home, evidence, self.snapshot, message)
        gateway = self.snapshot.gateways.fact(decision.named.key)
        if gateway is None or decision.reason != WaypointReason.NOT_READY:
            return None
        if gateway.key not in self._unhandled:  # asked once for all that name it
            self._unhandled[gateway.key] = self._unhandled_gateway(gateway)
        return self._unhandled[gateway.key]

    def _unhandled_gateway(self, gateway: Gateway) -> Unhandled | None:
        snapshot, home = self.snapshot, self.namespace(gateway.namespace)
        if not is_istios(gateway, snapshot.gateway_class(gateway.class_name)):
            return None
        owner, pods = owner_of(gateway, home, snapshot), snapshot.instances_of(gateway)
        return unhandled(gateway, home, owner, pods, snapshot, called=f"waypoint {gateway.key}")


def _refused(
    decision: Decision, rule: str, reason: WaypointReason, message: str, evidence: tuple[Evidence, ...]
) -> Decision:
    """The same decision, taken by this rule; those after it are not reached."""
    because = Step(rule=rule, outcome="out", message=message, evidence=evidence, reason=reason)
    steps, reached = [], True
    for step in decision.steps:
        steps.append(because if step.rule == rule else step if reached else structs.replace(step, outcome="skipped"))
        reached = reached and step.rule != rule
    return structs.replace(decision, waypoint=None, reason=reason, because=because, steps=tuple(steps))


def _answer(decision: Decision) -> str:
    return decision.waypoint or f"no waypoint ({decision.reason})"
