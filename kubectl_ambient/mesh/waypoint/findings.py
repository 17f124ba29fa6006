"""What the user of an object with a waypoint, or without the one that was meant, should know besides."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from msgspec import Struct

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Namespace, Pod, Unread
from kubectl_ambient.cluster.kinds.conditions import Condition
from kubectl_ambient.cluster.kinds.gateways import Gateway
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.served import WAYPOINT_BOUND, WAYPOINT_MISSING
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import Code, Severity, WaypointReason
from kubectl_ambient.mesh.evidence import Evidence, Finding, annotation, label
from kubectl_ambient.mesh.installation import istiod_versions
from kubectl_ambient.mesh.installation.control_plane import World
from kubectl_ambient.mesh.waypoint.canary import canary
from kubectl_ambient.mesh.waypoint.deciding import UNUSABLE, Decision
from kubectl_ambient.mesh.waypoint.gateway_commands import on_gateway, take_traffic, wake_or_look
from kubectl_ambient.mesh.waypoint.own_pods import REDIRECTED
from kubectl_ambient.mesh.waypoint.reach import INGRESS_USE_WAYPOINT, Reach
from kubectl_ambient.mesh.waypoint.rules import Target, condition_of, kind_of, traffic_of
from kubectl_ambient.mesh.waypoint.traffic import ingress_use_waypoint
from kubectl_ambient.mesh.waypoint.usable import Life, answers_hbone, life, takes
from kubectl_ambient.shell.command import Command, kubectl, offered
from kubectl_ambient.shell.words import namespace as in_namespace

# Who labels a pod in order to have it send through a waypoint finds that first.
GETS_WHAT_IS_SENT_TO = "a waypoint gets what is sent to the pod, and nothing that the pod sends"
# Nothing leads to the waypoint.
UNREACHED = (Code.SERVICE_WITHOUT_ADDRESS, Code.ADDRESS_NOT_RESOLVED, Code.WAYPOINT_FOR_HOST_NETWORK)
_GLOBAL = "istio.io/global"
_PEER = "istio-remote"  # a Gateway that stands for the east-west gateway of another cluster
_REDIRECTION = "ambient.istio.io/redirection"
# The one place where istiod tells which waypoint it means [model/service.go `buildMsg`].
_ATTACHED = re.compile(r"Successfully attached to waypoint ([^\s/]+/[^\s/]+?)(?:\. |$)")


class Found(Struct, frozen=True, kw_only=True, gc=False):
    """An object, what was decided about it, and what stands around it.

    gateway: the waypoint that serves it, with its life. named: the Gateway that its labels name, usable or not.
    plain_pods: how many pods the namespace has, if none of them is in ambient mode; else 0.
    """

    target: Target
    decision: Decision
    namespace: Namespace | Unread
    snapshot: Snapshot
    gateway: Gateway | None
    named: Gateway | None
    life: Life | None
    world: World
    reach: Reach
    plain_pods: int


def findings(found: Found) -> tuple[Finding, ...]:
    """All of them, in the order of `CHECKS`."""
    return tuple(finding for check in CHECKS for finding in check(found))


def _dead(found: Found) -> Iterator[Finding]:
    """The address stays when all proxies are gone, so clients go on to send there [ztunnel outbound.rs]."""
    gateway, life = found.gateway, found.life
    if gateway is None or life is None or life.alive is not False or found.reach.leads is False:
        return
    message = (
        f"waypoint {gateway.key} is dead ({life.why}), and its address is never taken away: connections to the "
        f"{traffic_of(found.target)} fail, they do not go past it"
    )
    yield Finding.of(Code.WAYPOINT_DEAD, message, *life.evidence, fix=_wake(gateway, found))


def _wake(gateway: Gateway, found: Found) -> Command | None:
    return offered(wake_or_look(gateway, found.snapshot.scaled_to_none(gateway)))


def _fails_open(found: Found) -> Iterator[Finding]:
    """istiod sends no waypoint where the named one cannot be used, so traffic goes direct [`TestBogusUseWaypoint`]."""
    decision = found.decision
    if decision.reason not in UNUSABLE:
        return
    named, why = decision.named, decision.because.message
    told = why if named.empty_label else f"waypoint {named.key} is named and not used ({why})"
    mistaken = decision.reason == WaypointReason.UNSUPPORTED and traffic_of(found.target) == "workload"
    sends = f" ({GETS_WHAT_IS_SENT_TO})" if mistaken else ""
    message = f"{told}: traffic goes direct, without its policies and routes{sends}"
    yield Finding.of(Code.WAYPOINT_NOT_USED, message, *decision.because.evidence, fix=_fix(found))


def _fix(found: Found) -> Command | None:
    gateway, reason = found.named, found.decision.reason
    if reason == WaypointReason.UNSUPPORTED and gateway is not None:
        now = takes(gateway, found.snapshot.gateway_class(gateway.class_name), found.world.version)
        own = gateway.namespace == found.target.namespace
        return offered(take_traffic(gateway, traffic_of(found.target))) if own and now.nothing else None
    if reason == WaypointReason.NOT_READY and gateway is not None:
        return _wake(gateway, found)
    if reason == WaypointReason.DENIED and gateway is not None:
        return offered(on_gateway("edit", gateway.namespace, gateway.name))
    return None


def attached_to(written: Condition) -> str | None:
    """The waypoint that istiod names where it is attached; None where it names none."""
    found = _ATTACHED.match(written.message)
    return found[1] if found else None


def _disagrees(found: Found) -> Iterator[Finding]:
    """istiod's own condition tells something else than its rules do with these objects."""
    written, decision = condition_of(found.target), found.decision
    if written is None or decision.reason == WaypointReason.EVIDENCE_MISSING:
        return
    attached = attached_to(written) if written.true else None
    another = attached if attached != decision.waypoint else None
    agrees = written.true if decision.waypoint else not written.true and written.reason == decision.reason
    kind = kind_of(found.target)
    if (agrees and another is None) or not istiod_versions.writes_waypoint_bound(found.world.version, kind):
        return
    theirs = f"{written.status} ({written.reason})" + (f" for waypoint {another}" if another else "")
    ours = f"{decision.reason} for {decision.waypoint}" if another and decision.waypoint else decision.reason
    message = (
        f"istiod wrote {theirs}, and by the objects as they are it is {ours}: "
        "istiod is behind, or it does not see all that was read here"
    )
    field, value = ("message", written.message) if agrees else ("reason", written.reason)
    told = Evidence(found.target.ref, f"status.conditions[{WAYPOINT_BOUND}].{field}", value)
    yield Finding.of(Code.CONDITION_DISAGREES, message, told, *decision.because.evidence)


def _no_hbone(found: Found) -> Iterator[Finding]:
    """istiod does not look at the class: any Gateway with an address can be named."""
    gateway = found.gateway
    if gateway is None or found.reach.leads is False:
        return
    if answers_hbone(gateway, found.snapshot.gateway_class(gateway.class_name)):
        return
    message = (
        f"Gateway {gateway.key} has no listener for HBONE, so it is no waypoint: istiod accepts it all the same, and "
        "connections fail there"
    )
    told = Evidence(gateway.ref, "spec.gatewayClassName", gateway.class_name or None)
    yield Finding.of(Code.GATEWAY_IS_NO_WAYPOINT, message, told)


def _unreached(found: Found) -> Iterator[Finding]:
    """Not all who should get to its waypoint do."""
    reach = found.reach
    if reach.code is not None:
        message = reach.sentence(found.decision.named.key)
        yield Finding.of(reach.code, message, *reach.evidence, severity=reach.severity)


def _on_host_network(target: Target) -> bool:
    return isinstance(target, Pod) and target.host_network


def _inactive(found: Found) -> Iterator[Finding]:
    """A ServiceEntry with a wildcard host does nothing without a waypoint: 1.28+ [model/service.go]."""
    target = found.target
    if not isinstance(target, ServiceEntry) or found.decision.waypoint:
        return
    if found.decision.reason == WaypointReason.EVIDENCE_MISSING and target.condition(WAYPOINT_MISSING) is None:
        return  # it may have one
    wildcard = next((host for host in target.hosts if host.startswith("*")), None)
    written = target.condition(WAYPOINT_MISSING)
    if wildcard and istiod_versions.needs_waypoint_for_wildcards(found.world.version):
        told = Evidence(target.ref, "spec.hosts", wildcard)
        message = f"the host {wildcard} is a wildcard, and such a ServiceEntry does nothing without a waypoint"
        if not all(host.startswith("*") for host in target.hosts):  # istiod makes one service of each host
            message = f"the host {wildcard} is a wildcard, and does nothing without a waypoint; the other hosts work"
        yield Finding.of(Code.SERVICE_ENTRY_INACTIVE, message, told)
    elif written is not None and written.true:
        told = Evidence(target.ref, f"status.conditions[{WAYPOINT_MISSING}].reason", written.reason)
        message = f"istiod tells that it needs a waypoint ({written.reason}): {written.message.rstrip('.')}"
        yield Finding.of(Code.SERVICE_ENTRY_INACTIVE, message, told)


def _out_of_mesh(found: Found) -> Iterator[Finding]:
    """The pod's own mode does not matter to its clients, but to the last hop."""
    pod = found.target
    if not isinstance(pod, Pod) or _on_host_network(pod) or not found.decision.waypoint:
        return
    if pod.annotations.redirection in REDIRECTED or pod.annotations.sidecar_status is not None:
        return
    told = annotation(pod.ref, _REDIRECTION, pod.annotations.redirection)
    message = (
        "the pod is not in the mesh: its waypoint is used by clients in ambient mode all the same, goes on to the pod "
        "in plain text, and everybody else goes past it"
    )
    yield Finding.of(Code.WAYPOINT_FOR_PLAIN_POD, message, told)


def _plain_namespace(found: Found) -> Iterator[Finding]:
    """Who is in the mesh uses the waypoint, and the namespace's own pods are not."""
    named, namespace = found.decision.named, found.namespace
    services = traffic_of(found.target) == "service" and found.decision.waypoint and found.reach.leads is not False
    if not (services and named.inherited and found.plain_pods and isinstance(namespace, Namespace)):
        return
    told = label(f"Namespace/{namespace.name}", DATAPLANE_MODE, namespace.labels.get(DATAPLANE_MODE))
    message = past_it(namespace.name, named.key, found.plain_pods)
    fix = offered(kubectl("ambient enable ns", in_namespace(namespace.name)))
    yield Finding.of(Code.NAMESPACE_NOT_AMBIENT, message, told, *named.evidence, fix=fix)


def past_it(namespace: str, waypoint: str, pods: int) -> str:
    """The one sentence about a namespace whose own pods do not use its waypoint."""
    none = "its only pod is not" if pods == 1 else f"none of its {pods} pods is"
    they = "it goes" if pods == 1 else "they go"
    return (
        f"namespace {namespace} names waypoint {waypoint}, and {none} in ambient mode: as clients {they} past it, "
        "which only pods in ambient mode use"
    )


def _canary(found: Found) -> Iterator[Finding]:
    """A canary that cannot be used leaves all traffic to the waypoint: 1.31 [`buildWeightedWaypoints`]."""
    split = canary(found.target, found.decision, found.namespace, found.snapshot, found.world)
    if split is None:
        return
    if split.refused is not None:
        message = f"canary waypoint {split.waypoint} is not used ({split.refused}): {split.why}"
        yield Finding.of(Code.CANARY_REFUSED, message, *split.evidence)
        return
    rest = f"{found.decision.waypoint} gets the rest" if split.weight else f"{found.decision.waypoint} gets all"
    message = f"canary waypoint {split.waypoint} gets {split.weight} percent of the connections, {rest}"
    yield Finding.of(Code.CANARY_SPLIT, message, *split.evidence)
    gateway, snapshot = found.snapshot.gateways.facts[split.waypoint], found.snapshot
    of_canary = life(gateway, snapshot.gateway_class(gateway.class_name), snapshot.instances_of(gateway))
    if split.weight and of_canary.alive is False:
        message = (
            f"canary waypoint {split.waypoint} is dead ({of_canary.why}), and its address is never taken away: the "
            f"{split.weight} percent of the connections that it gets fail"
        )
        yield Finding.of(Code.CANARY_DEAD, message, *of_canary.evidence, fix=_wake(gateway, found))


def _shared(found: Found) -> Iterator[Finding]:
    """What clusters share loses its waypoint for ingress gateways (`drops_waypoint_over_clusters`)."""
    target, version = found.target, found.world.version
    if found.gateway is None or not isinstance(target, Service | ServiceEntry):
        return
    shared = target.labels.get(_GLOBAL) == "true" and istiod_versions.drops_waypoint_over_clusters(version)
    if not shared or not ingress_use_waypoint(target, found.namespace, version):
        return
    peers = sorted((g for g in found.snapshot.gateways if g.class_name == _PEER), key=lambda g: g.key)
    where = "which has peers in other networks" if peers else "if another network has endpoints of it"
    message = (
        f"clusters share the {kind_of(target)} ({_GLOBAL}=true), {where}: ingress gateways then go past the waypoint "
        f"and its policies, in spite of {INGRESS_USE_WAYPOINT} (istio#61092; 1.31 keeps to the waypoint)"
    )
    evidence = [label(target.ref, _GLOBAL, "true")]
    evidence += [Evidence(peer.ref, "spec.gatewayClassName", peer.class_name) for peer in peers[:1]]
    severity: Severity = "warning" if peers else "info"
    told = (*evidence, found.world.told.evidence)
    yield Finding.of(Code.INGRESS_PASSES_WAYPOINT, message, *told, severity=severity)


Check = Callable[[Found], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    _dead,
    _no_hbone,
    _fails_open,
    _disagrees,
    _unreached,
    _inactive,
    _canary,
    _shared,
    _plain_namespace,
    _out_of_mesh,
)
