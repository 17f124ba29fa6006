"""A canary beside the waypoint of a service: how the traffic is split, or why it is not."""

from __future__ import annotations

from msgspec import Struct

from kubectl_ambient.cluster.facts import Namespace, Unread
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import CanaryReason, WaypointReason
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.installation import istiod_versions
from kubectl_ambient.mesh.installation.control_plane import World
from kubectl_ambient.mesh.waypoint.allowed_routes import admission
from kubectl_ambient.mesh.waypoint.deciding import Decision
from kubectl_ambient.mesh.waypoint.reference import canary_reference
from kubectl_ambient.mesh.waypoint.rules import Target
from kubectl_ambient.mesh.waypoint.usable import is_written, takes


class Canary(Struct, frozen=True, gc=False):
    """The canary that is named. weight: percent of the connections that it gets, the waypoint gets the rest.

    refused: istiod's word where it is not used and the waypoint gets all; else None.
    """

    waypoint: str
    weight: int
    refused: CanaryReason | WaypointReason | None = None
    why: str = ""
    evidence: tuple[Evidence, ...] = ()


def canary(
    target: Target, decision: Decision, namespace: Namespace | Unread, snapshot: Snapshot, world: World
) -> Canary | None:
    """The canary of a service that has a waypoint; None where none is named, and before 1.31.

    It is checked as the waypoint is, and all that is wrong with it leaves the waypoint alone.
    Source: waypoints.go `buildWeightedWaypoints`, `resolveCanaryWaypoint`.
    """
    is_service = isinstance(target, Service | ServiceEntry)
    if not (decision.waypoint and is_service and istiod_versions.has_canary(world.version)):
        return None
    assert isinstance(target, Service | ServiceEntry)
    named = canary_reference(target.ref, target.labels, target.canary_weight, target.namespace, namespace)
    if named is None:
        return None

    def refuse(word: CanaryReason | WaypointReason, why: str, *evidence: Evidence) -> Canary:
        return Canary(named.key, 0, word, why, (*named.evidence, *evidence))

    if named.key == decision.waypoint:
        return refuse(CanaryReason.SAME_AS_PRIMARY, "it is the waypoint itself")
    if named.weight is None:
        return refuse(CanaryReason.INVALID_WEIGHT, "its weight is no whole number from 0 to 100")
    gateway = snapshot.gateway(*named.waypoint)
    if isinstance(gateway, Unread):
        return refuse(WaypointReason.EVIDENCE_MISSING, f"it could not be read: {gateway}")
    ready = gateway and (gateway.addresses or is_written(gateway, snapshot))
    if gateway is None or not ready:
        return refuse(WaypointReason.NOT_READY, "it has no address" if gateway else "there is no such Gateway")
    of_class = snapshot.gateway_class(gateway.class_name)
    admitted = admission(gateway, of_class, target.namespace, namespace, world.version)
    if not admitted.admitted:
        return refuse(
            WaypointReason.EVIDENCE_MISSING if admitted.admitted is None else WaypointReason.DENIED,
            admitted.why,
            *admitted.evidence,
        )
    taken = takes(gateway, of_class, world.version)
    if not taken.covers("service"):
        word = WaypointReason.EVIDENCE_MISSING if taken.word is None else WaypointReason.UNSUPPORTED
        return refuse(word, f"it is for “{taken.word}”, not for traffic to a service", *taken.evidence)
    return Canary(named.key, named.weight, evidence=named.evidence)
