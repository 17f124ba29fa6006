"""The sentence of a binding: which traffic it concerns, where that goes, and why."""

from __future__ import annotations

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.mesh.catalogue import WaypointReason
from kubectl_ambient.mesh.waypoint.deciding import Decision
from kubectl_ambient.mesh.waypoint.reach import Reach
from kubectl_ambient.mesh.waypoint.rules import Target, condition_of


def sentence(target: Target, decision: Decision, reach: Reach) -> str:
    """One sentence about the traffic of clients in ambient mode, which alone uses waypoints by itself."""
    what, why = concerns(target), decision.because.message
    match decision.reason:
        case WaypointReason.ACCEPTED:
            whose = "the namespace's label" if decision.named.inherited else "its own label"
            if reach.why:
                told = reach.sentence(decision.named.key)
                text = f"{told[0].upper()}{told[1:]}"
            else:
                text = f"{what} goes through waypoint {decision.waypoint}: {whose} names it"
        case WaypointReason.EVIDENCE_MISSING:
            text = f"Cannot be told: {why}{_told(target)}"
        case WaypointReason.NOT_SERVED:
            text = f"No waypoint serves it: {why}"
        case WaypointReason.IS_GATEWAY:
            text = f"It has no waypoint before it: {why}"
        case _ if decision.named.waypoint and not decision.named.empty_label:
            text = f"{what} goes direct, not through waypoint {decision.named.key}: {why}"
        case _:
            text = f"{what} goes direct: {why}"
    return text + "."


def concerns(target: Target) -> str:
    """The traffic that the object's waypoint is for."""
    if isinstance(target, Service):
        return "Traffic to the Service's address"
    if isinstance(target, ServiceEntry):
        return "Traffic to its hosts"
    return f"Traffic straight to the {'pod' if isinstance(target, Pod) else 'workload'}'s address"


def _told(target: Target) -> str:
    """What istiod wrote, where we cannot tell."""
    written = condition_of(target)
    return f"; istiod itself wrote {written.reason}" if written else ""
