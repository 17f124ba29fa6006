"""Where an AuthorizationPolicy is taken, ztunnel or waypoint, and why not: as istiod decides it, not as it wrote it.

What istiod wrote is no proof: of all that ztunnel cannot take, one policy of a cluster gets its condition
[model/service.go `WorkloadAuthorization.ResourceName`; pilot/pkg/serviceregistry/ambient/policies.go].
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from msgspec import Struct, structs

from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.cluster.kinds.gateways import Gateway, GatewayClass
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.policy_facts import AuthorizationPolicy, TargetRef
from kubectl_ambient.mesh.answers import Answer, any_of
from kubectl_ambient.mesh.catalogue import WaypointReason
from kubectl_ambient.mesh.policy.sent import Sent, why_not_sent
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.usable import MESH_CONTROLLER

F = TypeVar("F")

ACCEPTED, UNSUPPORTED, INVALID = "Accepted", "UnsupportedValue", "Invalid"
_PARTLY, _NOT_FOUND, _NOT_BOUND = "PartiallyInvalid", "TargetNotFound", "AncestorNotBound"


class Accepted(Struct, frozen=True, gc=False):
    """Whether it is taken: None where it cannot be told. `reason` is istiod's word, empty where it cannot be told."""

    accepted: Answer
    reason: str
    message: str


class Target(Struct, frozen=True, gc=False):
    """One thing that a policy is attached to, `Service/shop/cart`, and whether a waypoint enforces it there."""

    ref: str
    accepted: Answer
    reason: str
    message: str


def by_ztunnel(policy: AuthorizationPolicy, as_sent: Sent | None) -> Accepted:
    """Whether ztunnel takes a policy that is attached to nothing.

    as_sent: what is sent of it, None where nothing is.
    """
    if as_sent is None:
        return Accepted(False, UNSUPPORTED, f"ztunnel does not support {why_not_sent(policy)}")
    if as_sent.l7:
        return Accepted(True, UNSUPPORTED, f"ztunnel cannot check {', '.join(as_sent.l7)}")
    return Accepted(True, ACCEPTED, "ztunnel enforces it")


def by_waypoint(targets: Sequence[Target]) -> Accepted:
    """Whether waypoints take a policy with these targets [model/service.go `flattenConditions`]."""
    if len(targets) == 1:
        return Accepted(targets[0].accepted, targets[0].reason, targets[0].message)
    accepted = any_of(target.accepted for target in targets)
    told = "; ".join(target.message for target in targets if not target.accepted)
    if accepted is None:
        return Accepted(None, "", told)
    if not accepted:
        return Accepted(False, INVALID, told)
    whole = all(target.accepted for target in targets)
    return Accepted(True, ACCEPTED if whole else _PARTLY, told or "waypoints enforce it for all that it names")


def targets_of(policy: AuthorizationPolicy, judge: WaypointJudge, root: str) -> list[Target]:
    """What becomes of each target [policies.go `WaypointPolicyStatusCollection`].

    root: the root namespace of the mesh.
    """
    return [_target(ref, ref.namespace or policy.namespace, judge, root) for ref in policy.targets]


def _known(found: F | Unread | None, judge: WaypointJudge) -> F | Unread | None:
    """What was found; nothing where the files are taken to have none of the kind."""
    return None if isinstance(found, Unread) and judge.snapshot.takes_for_absent(found) else found


def _target(ref: TargetRef, namespace: str, judge: WaypointJudge, root: str) -> Target:
    match ref.kind:
        case "GatewayClass":
            return _of_class(ref.name, namespace, judge, root)
        case "Gateway":
            return _of_gateway(f"{namespace}/{ref.name}", judge)
        case "Service":
            return _of_service(f"{namespace}/{ref.name}", judge, "Service")
        case "ServiceEntry":
            return _of_service(f"{namespace}/{ref.name}", judge, "ServiceEntry")
    name = f"{ref.kind}/{namespace}/{ref.name}"
    return Target(name, False, "unknown", f"{name} is nothing that a policy can be attached to")


def _of_class(name: str, namespace: str, judge: WaypointJudge, root: str) -> Target:
    ref = f"GatewayClass/{name}"
    if namespace != root:
        return Target(ref, False, INVALID, f"only a policy in namespace {root} can be for a GatewayClass")
    found = _known(judge.snapshot.gateway_class(name), judge)
    if isinstance(found, Unread):
        return Target(ref, None, "", f"{ref} could not be read: {found}")
    if not isinstance(found, GatewayClass):
        return Target(ref, False, _NOT_FOUND, f"there is no {ref}")
    if found.controller != MESH_CONTROLLER:
        return Target(ref, False, INVALID, f"{ref} is not for waypoints: its controller is {found.controller}")
    return Target(ref, True, ACCEPTED, f"the waypoints of {ref} enforce it")


def _of_gateway(key: str, judge: WaypointJudge) -> Target:
    ref, found = f"Gateway/{key}", _known(judge.snapshot.gateways.get(key), judge)
    if isinstance(found, Unread):
        return Target(ref, None, "", f"{ref} could not be read: {found}")
    if not isinstance(found, Gateway):
        return Target(ref, False, _NOT_FOUND, f"there is no {ref}")
    if not found.addresses:
        return Target(ref, False, _NOT_FOUND, f"{ref} has no address yet")
    return Target(ref, True, ACCEPTED, f"{ref} enforces it")


def _of_service(key: str, judge: WaypointJudge, kind: str) -> Target:
    snapshot, ref = judge.snapshot, f"{kind}/{key}"
    found = _known(snapshot.services.get(key) if kind == "Service" else snapshot.service_entries.get(key), judge)
    if isinstance(found, Unread):
        return Target(ref, None, "", f"{ref} could not be read: {found}")
    if not isinstance(found, Service | ServiceEntry):
        return Target(ref, False, _NOT_FOUND, f"there is no {ref}")
    # istiod looks at the labels of any Service here, those of an ExternalName too.
    asked = structs.replace(found, type="ClusterIP") if isinstance(found, Service) else found
    decision = judge.decide(asked)
    if decision.waypoint:
        return Target(ref, True, ACCEPTED, f"waypoint {decision.waypoint} of {ref} enforces it")
    if decision.reason == WaypointReason.EVIDENCE_MISSING:
        return Target(ref, None, "", f"the waypoint of {ref} cannot be told: {decision.because.message}")
    return Target(ref, False, _NOT_BOUND, f"{ref} has no waypoint: {decision.because.message}")
