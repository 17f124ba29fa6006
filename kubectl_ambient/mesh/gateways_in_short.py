"""Gateways in short, beside a listing that is about something else: dead waypoints, and those that nobody took."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_ambient.cluster.kinds.gateways import WAYPOINT_CLASSES, Gateway
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.waypoint.usable import life

_WAITING = "Waiting for controller"  # what the Gateway API's own definition fills in, until a controller writes


def dead_waypoints(snapshot: Snapshot, namespaces: Iterable[str] | None = None) -> list[str]:
    """The waypoints (`shop/wp`) whose address is taken and which have no Ready pod: connections to them fail."""
    return [
        gateway.key
        for gateway in _among(snapshot, namespaces)
        if gateway.class_name in WAYPOINT_CLASSES
        and gateway.addresses
        and life(gateway, snapshot.gateway_class(gateway.class_name), snapshot.instances_of(gateway)).alive is False
    ]


def waiting(snapshot: Snapshot, namespaces: Iterable[str] | None = None) -> list[str]:
    """The Gateways but for waypoints that no controller has taken [gateway-api, default of `status.conditions`]."""
    return [
        gateway.key
        for gateway in _among(snapshot, namespaces)
        if gateway.class_name not in WAYPOINT_CLASSES
        and (accepted := gateway.condition("Accepted")) is not None
        and accepted.status == "Unknown"
        and accepted.message.startswith(_WAITING)
    ]


def sentences(snapshot: Snapshot, namespaces: Iterable[str] | None = None) -> list[str]:
    """Both, as sentences; none where there is nothing to tell, or nothing was read."""
    told = []
    if dead := dead_waypoints(snapshot, namespaces):
        what, are = ("Waypoint", "is") if len(dead) == 1 else ("Waypoints", "are")
        told.append(f"{what} {few(dead)} {are} dead: what goes there fails")
    if lost := waiting(snapshot, namespaces):
        what, waits = ("Gateway", "waits") if len(lost) == 1 else ("Gateways", "wait")
        told.append(f"{what} {few(lost)} {waits} for a controller: none has taken what is of such a class")
    return told


def _among(snapshot: Snapshot, namespaces: Iterable[str] | None) -> list[Gateway]:
    homes = None if namespaces is None else set(namespaces)
    found = (snapshot.gateways.facts[key] for key in sorted(snapshot.gateways.facts))
    return [gateway for gateway in found if homes is None or gateway.namespace in homes]
