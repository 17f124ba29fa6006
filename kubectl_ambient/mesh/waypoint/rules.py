"""The rules about waypoints, in the order in which istiod asks them.

Each rule asks one thing of a case and says what it found, with its evidence.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from kubectl_ambient.cluster.facts import Namespace, Pod, Unread
from kubectl_ambient.cluster.kinds.conditions import Condition
from kubectl_ambient.cluster.kinds.gateways import Gateway, GatewayClass
from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.kinds.workload_entries import WorkloadEntry
from kubectl_ambient.cluster.served import WAYPOINT_BOUND, Kind
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import WaypointReason
from kubectl_ambient.mesh.evidence import Evidence, Step, label
from kubectl_ambient.mesh.installation import istiod_versions, versions
from kubectl_ambient.mesh.installation.control_plane import World
from kubectl_ambient.mesh.waypoint.allowed_routes import admission
from kubectl_ambient.mesh.waypoint.reference import OPT_OUT, USE_WAYPOINT, Reference
from kubectl_ambient.mesh.waypoint.usable import Traffic, is_written, takes, why_without_address

Target = Service | ServiceEntry | Pod | WorkloadEntry


MANAGED = "gateway.istio.io/managed"
_MESH = "istio.io-mesh-controller"
_EAST_WEST = "istio.io-eastwest-controller"


class Case(Struct, frozen=True, gc=False):
    """One object before one istiod's rules. `named` is what the labels say, `gateway` the Gateway that they name."""

    target: Target
    namespace: Namespace | Unread
    snapshot: Snapshot
    world: World
    named: Reference
    gateway: Gateway | Unread | None

    @property
    def of_class(self) -> GatewayClass | Unread | None:
        """The class of that Gateway."""
        return self.snapshot.gateway_class(self.gateway.class_name) if isinstance(self.gateway, Gateway) else None


class Rule(Struct, frozen=True):
    """A rule: its name, the good state that it asks for, and how it asks."""

    name: str
    title: str
    ask: Callable[[Case], Step]


def kind_of(target: Target) -> Kind:
    """The Kubernetes kind of the object."""
    return type(target).__name__  # type: ignore[return-value]


def traffic_of(target: Target) -> Traffic:
    """Which traffic a waypoint of the object gets: what is sent to a service, or straight to a workload."""
    return "service" if isinstance(target, Service | ServiceEntry) else "workload"


def condition_of(target: Target) -> Condition | None:
    """What istiod wrote about the object's waypoint; it writes nothing on Pods."""
    return None if isinstance(target, Pod) else target.condition(WAYPOINT_BOUND)


def _passed(rule: str, message: str, *evidence: Evidence) -> Step:
    return Step(rule=rule, outcome="pass", message=message, evidence=evidence)


def _out(rule: str, reason: WaypointReason, message: str, *evidence: Evidence) -> Step:
    return Step(rule=rule, outcome="out", message=message, evidence=evidence, reason=reason)


def _unknown(rule: str, message: str, *evidence: Evidence) -> Step:
    missing = WaypointReason.EVIDENCE_MISSING
    return Step(rule=rule, outcome="unknown", message=message, evidence=evidence, reason=missing)


def _served(case: Case) -> Step:
    """istiod keeps no ExternalName Service, no finished pod and no pod without an address.

    Source: services.go `serviceServiceBuilder`, workloads.go `podWorkloadBuilder`.
    """
    target = case.target
    if isinstance(target, Service) and target.type == "ExternalName":
        told = Evidence(target.ref, "spec.type", target.type)
        return _out("Served", WaypointReason.NOT_SERVED, "an ExternalName Service is no more than a DNS name", told)
    if isinstance(target, Pod):
        phase = Evidence(target.ref, "status.phase", target.phase or None)
        if target.finished:
            return _out("Served", WaypointReason.NOT_SERVED, f"the pod is finished ({target.phase})", phase)
        if not target.has_ip:
            told = Evidence(target.ref, "status.podIP", None)
            return _out("Served", WaypointReason.NOT_SERVED, "the pod has no address yet", told)
        return _passed("Served", "the pod has an address", phase)
    return _passed("Served", "istiod knows it")


def _version(case: Case) -> Step:
    """The rules are known from 1.22 on."""
    told = case.world.told
    if case.world.version.minor_version >= versions.OLDEST.minor_version:
        message = f"istiod is {told.value}" if told.value else "the version of istiod is not known"
        return _passed("Version", message, told.evidence)
    message = f"istiod {told.value} is older than 1.22, the oldest whose rules are known"
    return _unknown("Version", message, told.evidence)


def _no_gateway(case: Case) -> Step:
    """A waypoint, or an east-west gateway, has no waypoint before it.

    Services are known by the label that the controller sets, workloads by the Gateway that they are proxies of: any
    Gateway with an address counts. Source: `fetchWaypointForService`, workloads.go `computeWaypoint`.
    """
    target = case.target
    if isinstance(target, Service | ServiceEntry):
        managed = target.labels.get(MANAGED)
        told = label(target.ref, MANAGED, managed)
        if managed == _MESH:
            return _out("NoGateway", WaypointReason.IS_GATEWAY, "it is the Service of a waypoint", told)
        if managed == _EAST_WEST and istiod_versions.exempts_east_west(case.world.version):
            return _out("NoGateway", WaypointReason.IS_GATEWAY, "it is the Service of an east-west gateway", told)
        return _passed("NoGateway", "it is no gateway itself", told)
    name = target.labels.get(GATEWAY_NAME, "")
    told = label(target.ref, GATEWAY_NAME, name or None)
    found = case.snapshot.gateway(target.namespace, name) if name else None
    if isinstance(found, Gateway) and found.addresses:
        message = f"it is a proxy of Gateway {found.key}"
        return _out("NoGateway", WaypointReason.IS_GATEWAY, message, told)
    if isinstance(found, Unread):
        message = f"whether it is a gateway's proxy could not be read: {found}"
        if case.named.waypoint or case.named.unread:
            return _unknown("NoGateway", message, told)
        return _passed("NoGateway", f"{message}; no label names a waypoint", told)
    if name and case.named.unread and not case.snapshot.gateways.covers(f"{target.namespace}/{name}"):
        message = f"Gateway {target.namespace}/{name} was not asked for, since its namespace's labels could not be read"
        return _unknown("NoGateway", f"whether it is a gateway's proxy is not known: {message}", told)
    return _passed("NoGateway", "it is no gateway's proxy", told)


def _named(case: Case) -> Step:
    """The object's own label beats its Namespace's, whatever its value; only `none` opts out [`GetUseWaypoint`]."""
    named = case.named
    where = "its namespace's" if named.inherited else "its own"
    if named.unread is not None:
        message = f"the namespace's labels decide, and they could not be read: {named.unread}"
        return _unknown("Named", message, *named.evidence)
    if not named.by:
        message = f"neither it nor its namespace has the label {USE_WAYPOINT}"
        return _out("Named", WaypointReason.NOT_LABELED, message, *named.evidence)
    if not named.waypoint:
        message = f"{where} label {USE_WAYPOINT}={OPT_OUT} opts out"
        return _out("Named", WaypointReason.OPTED_OUT, message, *named.evidence)
    return _passed("Named", f"{where} label names waypoint {named.key}", *named.evidence)


def _ready(case: Case) -> Step:
    """The Gateway is there and its status has an address, which istiod writes at its first readiness and keeps.

    Source: waypoints.go `gatewayToWaypointTransform`, conversion.go `reportGatewayStatus`.
    """
    gateway, named = case.gateway, case.named
    if named.waypoint is None:
        return _unasked("Ready")
    home, name = named.waypoint
    ref = f"Gateway/{home}/{name}"
    if isinstance(gateway, Unread):
        message = f"Gateway {named.key} could not be read: {gateway}"
        return _unknown("Ready", message, Evidence(ref, f"status ({gateway})", None))
    if gateway is None:
        empty = f"the label {named.empty_label} is empty, which names no Gateway"
        message = empty if named.empty_label else f"there is no Gateway {name} in namespace {home}"
        return _out("Ready", WaypointReason.NOT_READY, message, Evidence(ref, "metadata.name", None))
    told = Evidence(ref, "status.addresses", ", ".join(gateway.addresses) or None)
    if is_written(gateway, case.snapshot):
        told = Evidence(ref, "status", "(not in the files; assumed: ready)", seen=False)
        return _passed("Ready", f"Gateway {gateway.key} has no status in the files, and is taken to be ready", told)
    if not gateway.addresses:
        why = why_without_address(gateway, case.snapshot.instances_of(gateway))
        message = f"Gateway {gateway.key} has no address yet{f': {why}' if why else ''}"
        return _out("Ready", WaypointReason.NOT_READY, message, told)
    return _passed("Ready", f"Gateway {gateway.key} has an address", told)


def _admitted(case: Case) -> Step:
    """The waypoint's listener admits the object's namespace: 1.23+ (`allowed_routes`)."""
    if not isinstance(case.gateway, Gateway):
        return _unasked("Admitted")
    found = admission(case.gateway, case.of_class, case.target.namespace, case.namespace, case.world.version)
    if found.admitted is None:
        return _unknown("Admitted", found.why, *found.evidence)
    if not found.admitted:
        message = f"{found.why}, and not {case.target.namespace}"
        return _out("Admitted", WaypointReason.DENIED, message, *found.evidence)
    return _passed("Admitted", found.why, *found.evidence)


def _takes(case: Case) -> Step:
    """The waypoint takes this traffic [`fetchWaypointForService`, `fetchWaypointForWorkload`].

    A workload that only inherits its namespace's waypoint is passed over in silence: that one is for services.
    """
    gateway, traffic = case.gateway, traffic_of(case.target)
    if not isinstance(gateway, Gateway):
        return _unasked("Takes")
    found = takes(gateway, case.of_class, case.world.version)
    if found.word is None:
        message = f"which traffic {gateway.key} takes is said by its class, which could not be read: {found.assumed}"
        return _unknown("Takes", message, *found.evidence)
    told = f"waypoint {gateway.key} is for “{found.word}”"
    if found.covers(traffic):
        return _passed("Takes", told, *found.evidence)
    message = f"{told}, not for traffic to a {traffic}"
    silent = traffic == "workload" and case.named.inherited
    return _out(
        "Takes", WaypointReason.NOT_FOR_WORKLOADS if silent else WaypointReason.UNSUPPORTED, message, *found.evidence
    )


def _visible(case: Case) -> Step:
    """A ServiceEntry that the mesh keeps to its namespace may not use another's waypoint: 1.31.

    MeshConfig says so, which is not read; istiod's own condition tells [`fetchWaypointForService`].
    """
    target, written = case.target, condition_of(case.target)
    elsewhere = case.named.waypoint is not None and case.named.waypoint[0] != target.namespace
    if not (istiod_versions.has_visibility(case.world.version) and isinstance(target, ServiceEntry) and elsewhere):
        return _passed("Visible", "it may use this waypoint")
    told = Evidence(target.ref, f"status.conditions[{WAYPOINT_BOUND}].reason", written.reason if written else None)
    if written is not None and not written.true and written.reason == WaypointReason.FORBIDDEN:
        message = "the mesh keeps it to its own namespace, as istiod tells, so no waypoint of another may serve it"
        return _out("Visible", WaypointReason.FORBIDDEN, message, told)
    return _passed("Visible", "istiod tells nothing against the waypoint of another namespace", told)


def _unasked(rule: str) -> Step:
    return Step(rule=rule, outcome="skipped", message="cannot be asked: no waypoint to ask about")


RULES: tuple[Rule, ...] = (
    Rule("Served", "istiod knows it", _served),
    Rule("Version", "rules of this version are known", _version),
    Rule("NoGateway", "it is no gateway itself", _no_gateway),
    Rule("Named", "a label names a waypoint", _named),
    Rule("Ready", "the waypoint has an address", _ready),
    Rule("Admitted", "its namespace is admitted", _admitted),
    Rule("Takes", "the waypoint takes this traffic", _takes),
    Rule("Visible", "it may use this waypoint", _visible),
)
