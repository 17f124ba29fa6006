"""Which clients go through a waypoint, and which go past it: what no label of the served object tells.

Source: ztunnel src/proxy/outbound.rs `build_request` (release-1.22 and 1.31.0-rc.0) for clients in ambient mode;
pilot/pkg/xds/endpoints/endpoint_builder.go `findServiceWaypoint` for all that istiod configures.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from kubectl_ambient.cluster.facts import Namespace, Pod, Unread
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.kinds.workload_entries import WorkloadEntry
from kubectl_ambient.mesh.evidence import Evidence, label
from kubectl_ambient.mesh.installation import istiod_versions
from kubectl_ambient.mesh.installation.versions import Version
from kubectl_ambient.mesh.waypoint.reach import INGRESS_USE_WAYPOINT, Reach
from kubectl_ambient.mesh.waypoint.rules import Target

_GO_TRUE = ("1", "t", "T", "TRUE", "true", "True")

_ZTUNNEL = "ztunnel src/proxy/outbound.rs"
_ISTIOD = "istiod endpoint_builder.go"

ClientKind = Literal["ambient", "ambient-elsewhere", "sidecar", "ingress", "east-west", "waypoint", "out-of-mesh"]


class Client(Struct, frozen=True, gc=False):
    """One kind of client. uses: whether it goes through the waypoint; None where an unread label decides.

    ambient-elsewhere is a pod in ambient mode that calls by the other way: a pod's own address where the waypoint is
    a service's, a service's where it is a workload's. source: the code that decides.
    """

    kind: ClientKind
    title: str
    uses: bool | None
    why: str
    source: str
    evidence: tuple[Evidence, ...] = ()


def clients(target: Target, namespace: Namespace | Unread, v: Version, reach: Reach) -> tuple[Client, ...]:
    """Who goes through the waypoint of an object that has one; `v` is istiod's version, `reach` what leads there.

    Whether the object's own pods are in the mesh does not matter to any of them.
    """
    if isinstance(target, Service | ServiceEntry):
        return _of_service(target, namespace, v, reach)
    return _of_workload(target, reach)


_TO_COME = "it has no address in the files, and istiod may give it one"


def _of_service(
    target: Service | ServiceEntry, namespace: Namespace | Unread, v: Version, reach: Reach
) -> tuple[Client, ...]:
    address = reach.addressed
    return (
        Client(
            "ambient",
            "pods in ambient mode that call the service's own address",
            reach.leads,
            reach.why or "ztunnel sends what goes to a service's address to the service's waypoint",
            _ZTUNNEL,
            reach.evidence,
        ),
        Client(
            "ambient-elsewhere",
            "pods in ambient mode that call a pod's address, as those of headless Services do",
            False,
            "for a pod's address only the pod's own waypoint counts",
            _ZTUNNEL,
        ),
        Client("sidecar", "pods with a sidecar", False, "a sidecar goes straight to the pod", _ISTIOD),
        _ingress(target, namespace, v, address),
        _east_west(v, address),
        *_others(),
    )


def _of_workload(target: Pod | WorkloadEntry, reach: Reach) -> tuple[Client, ...]:
    straight = "gateways and sidecars look for waypoints of services only"
    return (
        Client(
            "ambient",
            "pods in ambient mode that call its own address",
            reach.leads,
            reach.why or "ztunnel sends what goes to a workload's address to the workload's waypoint",
            _ZTUNNEL,
            reach.evidence,
        ),
        Client(
            "ambient-elsewhere",
            "pods in ambient mode that call a service",
            False,
            "for a service's address only the service's waypoint counts",
            _ZTUNNEL,
        ),
        Client("sidecar", "pods with a sidecar", False, straight, _ISTIOD),
        Client("ingress", "Istio's ingress gateways", False, straight, _ISTIOD),
        Client("east-west", "east-west gateways", False, straight, _ISTIOD),
        *_others(),
    )


def _others() -> tuple[Client, ...]:
    return (
        Client("waypoint", "other waypoints", False, "a waypoint sends no second time through a waypoint", _ISTIOD),
        Client(
            "out-of-mesh",
            "clients out of the mesh, pods on the host network among them",
            False,
            "they know nothing of waypoints, and ztunnel lets in what came past one",
            _ZTUNNEL,
        ),
    )


def _ingress(target: Service | ServiceEntry, namespace: Namespace | Unread, v: Version, address: bool | None) -> Client:
    obeys = ingress_use_waypoint(target, namespace, v)
    value = target.labels.get(INGRESS_USE_WAYPOINT)
    evidence = [label(target.ref, INGRESS_USE_WAYPOINT, value)]
    if value is None and isinstance(namespace, Namespace) and istiod_versions.inherits_ingress_use_waypoint(v):
        inherited = namespace.labels.get(INGRESS_USE_WAYPOINT)
        evidence.append(label(f"Namespace/{namespace.name}", INGRESS_USE_WAYPOINT, inherited))
    # Either may be unknown (None): one that is False decides.
    uses = False if False in (obeys, address) else None if None in (obeys, address) else True
    if not istiod_versions.has_ingress_use_waypoint(v):
        why = f"Istio {v.major}.{v.minor} does not know the label {INGRESS_USE_WAYPOINT}"
    elif obeys is None:
        why = f"the namespace's label {INGRESS_USE_WAYPOINT} decides, and it could not be read: {namespace}"
    elif not obeys:
        why = f"only the label {INGRESS_USE_WAYPOINT}=true sends gateways there"
    elif address is None:
        why = f"{INGRESS_USE_WAYPOINT} asks for it; {_TO_COME}"
    elif not address:
        why = f"{INGRESS_USE_WAYPOINT} asks for it, and the service has no address of its own, which it takes"
    else:
        why = f"the label {INGRESS_USE_WAYPOINT} asks for it"
    return Client("ingress", "Istio's ingress gateways", uses, why, _ISTIOD, tuple(evidence))


def _east_west(v: Version, address: bool | None) -> Client:
    uses: bool | None = False
    if not istiod_versions.has_east_west_client(v):
        why = f"east-west gateways do so from 1.27 on, and istiod is {v.major}.{v.minor}"
    elif address:
        uses, why = True, "an east-west gateway sends through the service's waypoint"
    else:
        uses, why = address, "the service has no address of its own" if address is False else _TO_COME
    return Client("east-west", "east-west gateways", uses, why, _ISTIOD)


def ingress_use_waypoint(target: Service | ServiceEntry, namespace: Namespace | Unread, v: Version) -> bool | None:
    """Whether the labels send Istio's gateways through the waypoint; None where the Namespace's could not be read.

    The object's label beats its namespace's, which counts from 1.25 on. 1.24 wants exactly `true`, 1.25 to 1.29 take
    any case of letters, 1.30 and later any boolean of Go. Source: services.go `ingressUseWaypointFromLabels`.
    """
    if not istiod_versions.has_ingress_use_waypoint(v):
        return False
    value = target.labels.get(INGRESS_USE_WAYPOINT)
    if value is None and istiod_versions.inherits_ingress_use_waypoint(v):
        if isinstance(namespace, Unread):
            return None
        value = namespace.labels.get(INGRESS_USE_WAYPOINT)
    if istiod_versions.parses_ingress_use_waypoint(v):
        return value in _GO_TRUE
    if istiod_versions.inherits_ingress_use_waypoint(v):
        return (value or "").lower() == "true"
    return value == "true"
