"""Can the waypoint that an edit names serve the object? If not: why, what would follow, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct, structs

from kubectl_ambient.change.targets import kind_of
from kubectl_ambient.change.waypoint.plan import WaypointEdit
from kubectl_ambient.change.waypoint.use_waypoint import home_of
from kubectl_ambient.cluster.facts import Namespace, Pod, Unread
from kubectl_ambient.cluster.kinds.gateways import GATEWAYS, Gateway
from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.kinds.workload_entries import WorkloadEntry
from kubectl_ambient.mesh.catalogue import WaypointReason
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.waypoint.commands import new_name
from kubectl_ambient.mesh.waypoint.deciding import UNUSABLE, Decision
from kubectl_ambient.mesh.waypoint.gateway_commands import applied, on_gateway
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.reference import USE_WAYPOINT_NAMESPACE
from kubectl_ambient.mesh.waypoint.rules import Target, traffic_of
from kubectl_ambient.mesh.waypoint.usable import WAYPOINT_FOR, answers_hbone, takes
from kubectl_ambient.shell.command import Sentence, joined, kubectl
from kubectl_ambient.shell.words import inside, label

_OPEN = "would go on directly, without the waypoint's policies and routes (it fails open)"
_CLOSED = "would fail, and not go past it (it fails closed)"


class Fitness(Struct, frozen=True, gc=False):
    """Whether the waypoint can serve the object; `unknown` where something could not be read.

    why: what is wrong, what would follow, and the way to mend it, in one sentence without an end.
    """

    answer: Literal["fit", "unfit", "unknown"] = "fit"
    why: Sentence = ""


def fitness(judge: WaypointJudge, edit: WaypointEdit) -> Fitness:
    """Ask about the object as it is after the edit; the judge's snapshot holds it so.

    A Namespace is judged for what it may hold, so a waypoint that takes either traffic will do. That an object has
    no traffic of its own (an ExternalName Service, a pod without an address) is not its waypoint's fault.
    """
    target = edit.edited
    if edit.names is None:
        return Fitness()
    decisions = [judge.decide(probe) for probe in _probes(target)]
    decision = next((d for d in decisions if d.waypoint), decisions[0])
    if decision.reason == WaypointReason.EVIDENCE_MISSING:
        return Fitness("unknown", _unread(judge, decision))
    if decision.named.waypoint and decision.named.key != edit.names:
        return Fitness("unfit", _unknown_label(judge, edit, decision.named.key))
    if decision.reason in UNUSABLE:
        return Fitness("unfit", _unusable(judge, target, decision))
    if decision.waypoint:
        gateway = judge.snapshot.gateways.facts[decision.waypoint]
        wrong = _broken(judge, gateway, edit)
        return Fitness("unfit", wrong) if wrong else Fitness()
    return Fitness()


def _probes(target: Namespace | Target) -> Iterator[Target]:
    """The object as if it had traffic; of a Namespace, something of each kind of traffic."""
    if isinstance(target, Namespace):
        yield Service(namespace=target.name, name="")
        yield WorkloadEntry(namespace=target.name, name="")
    elif isinstance(target, Service):
        yield structs.replace(target, type="ClusterIP")
    elif isinstance(target, Pod):
        yield structs.replace(target, phase="Running", has_ip=True)
    else:
        yield target


def _unknown_label(judge: WaypointJudge, edit: WaypointEdit, taken: str) -> str:
    """1.22 reads the name alone [waypoints.go `fetchWaypointForTarget`]."""
    told = f"istiod {judge.control_plane.newest.told.value} does not know {USE_WAYPOINT_NAMESPACE}"
    return f"{told}, and would take {taken} for {edit.names}; name a waypoint of namespace {edit.home}"


def _unread(judge: WaypointJudge, decision: Decision) -> str:
    gateway = judge.snapshot.gateway(*decision.named.waypoint) if decision.named.waypoint else None
    return str(gateway) if isinstance(gateway, Unread) else decision.because.message


def _unusable(judge: WaypointJudge, target: Namespace | Target, decision: Decision) -> Sentence:
    """istiod sends no waypoint, so clients go straight on [`TestBogusUseWaypoint`]."""
    home, name = decision.named.waypoint or ("", "")
    gateway = judge.snapshot.gateways.fact(decision.named.key)
    why = decision.because.message
    field = decision.because.evidence[0] if decision.because.evidence else None
    mend: Sentence
    if decision.reason == WaypointReason.NOT_READY and gateway is None:
        why = _missing(judge, home, name)
        mend = _make(judge, target, home, name)
    elif decision.reason == WaypointReason.NOT_READY:
        mend = ("see why: ", on_gateway("describe", home, name))
    elif decision.reason == WaypointReason.DENIED:
        why = f"Gateway {decision.named.key}: {why}" + (f" ({field.field}={field.value or 'not set'})" if field else "")
        mend = ("to mend it: ", on_gateway("edit", home, name))
    elif decision.reason == WaypointReason.UNSUPPORTED:
        # The first traffic that a Namespace was asked about is that of its Services.
        why = f"{why} ({WAYPOINT_FOR} of Gateway {decision.named.key})"
        mend = _for_its_traffic(judge, target, gateway, home, name)
    else:
        mend = f"use a waypoint of namespace {target.name if isinstance(target, Namespace) else target.namespace}"
    return joined(f"{why}: {_traffic(target)} {_OPEN}; ", mend)


def _for_its_traffic(
    judge: WaypointJudge, target: Namespace | Target, gateway: Gateway | None, home: str, name: str
) -> Sentence:
    """A waypoint that takes nothing takes this; one that others use stays as it is."""
    traffic = "service" if isinstance(target, Namespace) else traffic_of(target)
    of_class = judge.snapshot.gateway_class(gateway.class_name) if gateway else None
    if gateway and takes(gateway, of_class, judge.control_plane.newest.version).nothing:
        return ("to mend it: ", on_gateway("label", home, name, label(WAYPOINT_FOR, traffic), "--overwrite"))
    kind = ("--for workload",) if traffic == "workload" else ()
    return ("name another, as made by: ", applied(home_of(target), new_name(judge, home_of(target)), *kind))


def _missing(judge: WaypointJudge, home: str, name: str) -> str:
    if judge.snapshot.gateways.absent:
        return f"there is no Gateway {home}/{name}: the server does not know {GATEWAYS.resource.full_name}"
    there = sorted(g.name for g in judge.snapshot.gateways if g.namespace == home)
    others = f" (there: {few(there)})" if there else ""
    return f"there is no Gateway {name} in namespace {home}{others}"


def _make(judge: WaypointJudge, target: Namespace | Target, home: str, name: str) -> Sentence:
    if judge.snapshot.gateways.absent:
        return "install the CRDs of the Gateway API first"
    kind = ("--for workload",) if isinstance(target, Pod | WorkloadEntry) else ()
    make = ("to make it: ", applied(home, name, *kind))
    # istioctl makes one that admits its own namespace [istioctl/pkg/waypoint/waypoint.go].
    admit = (f"; then, for it to admit namespace {home_of(target)}: ", on_gateway("edit", home, name))
    return make if home == home_of(target) else joined(make, admit)


def _broken(judge: WaypointJudge, gateway: Gateway, edit: WaypointEdit) -> Sentence:
    """istiod binds it all the same, so clients go there [conversion.go `reportGatewayStatus`, ztunnel outbound.rs]."""
    traffic = _traffic(edit.target)
    life = judge.life_of(gateway)
    if life.alive is False:
        pods = kubectl("get pods -l", label(GATEWAY_NAME, gateway.name), *inside(gateway.namespace))
        return (f"Gateway {gateway.key} is dead ({life.why}): {traffic} {_CLOSED}; see why: ", pods)
    if not answers_hbone(gateway, judge.snapshot.gateway_class(gateway.class_name)):
        told = f"Gateway {gateway.key} has no listener for HBONE (gatewayClassName={gateway.class_name})"
        return f"{told}, so it is no waypoint: {traffic} {_CLOSED}; name a Gateway of class istio-waypoint"
    return ""


def _traffic(target: Namespace | Target) -> str:
    """What goes through the waypoint."""
    if isinstance(target, Namespace):
        return "traffic to what inherits it"
    if isinstance(target, Service | ServiceEntry):
        return "traffic to the service"
    assert traffic_of(target) == "workload"
    return f"traffic straight to the {'pod' if kind_of(target) == 'Pod' else 'workload'}"
