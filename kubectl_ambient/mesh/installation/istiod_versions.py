"""What changed in istiod from 1.22 to 1.31, as far as it decides about waypoints: one function for each change.

Up to 1.29 the code stands in pilot/pkg/serviceregistry/kube/controller/ambient, from 1.30 on in
pilot/pkg/serviceregistry/ambient; the files named below are there, if nothing else is said.
"""

from __future__ import annotations

from kubectl_ambient.mesh.installation.versions import Version

# One version of each behaviour, oldest first: where istiod's version is not known, all of them are asked.
EVERY_BEHAVIOUR = tuple(Version(1, minor, 0) for minor in (22, 23, 24, 25, 26, 27, 28, 30, 31))


def _since(version: Version, minor: int) -> bool:
    return version >= Version(1, minor, 0, 0)


def knows_waypoint_namespace(version: Version) -> bool:
    """Whether `istio.io/use-waypoint-namespace` is read: 1.23+ [waypoints.go `GetUseWaypoint`]."""
    return _since(version, 23)


def checks_allowed_routes(version: Version) -> bool:
    """Whether a waypoint admits only the namespaces of its listener's allowedRoutes: 1.23+ [`makeAllowedRoutes`]."""
    return _since(version, 23)


def reads_class_label(version: Version) -> bool:
    """Whether `istio.io/waypoint-for` on the GatewayClass is the Gateway's default: 1.23+ [waypoints.go]."""
    return _since(version, 23)


def reads_inbound_binding(version: Version) -> bool:
    """Whether `ambient.istio.io/waypoint-inbound-binding` chooses the listener: 1.26+ [`findBoundListener`]."""
    return _since(version, 26)


def exempts_east_west(version: Version) -> bool:
    """Whether Services of east-west gateways never get a waypoint: 1.27+ [`fetchWaypointForService`]."""
    return _since(version, 27)


def has_canary(version: Version) -> bool:
    """Whether `istio.io/use-waypoint-canary` splits the traffic: 1.31 [`buildWeightedWaypoints`]."""
    return _since(version, 31)


def has_visibility(version: Version) -> bool:
    """Whether MeshConfig.serviceEntryVisibility may keep a ServiceEntry in its namespace: 1.31 [services.go]."""
    return _since(version, 31)


def needs_waypoint_for_wildcards(version: Version) -> bool:
    """Whether istiod tells that a wildcard ServiceEntry waits for a waypoint: 1.28+ [model/service.go]."""
    return _since(version, 28)


def writes_waypoint_bound(version: Version, kind: str) -> bool:
    """Whether `istio.io/WaypointBound` is written: on Services and ServiceEntries 1.24+, WorkloadEntries 1.30+.

    Never on Pods. Source: model/service.go `GetConditions`.
    """
    return kind != "Pod" and _since(version, 30 if kind == "WorkloadEntry" else 24)


def has_ingress_use_waypoint(version: Version) -> bool:
    """Whether gateways obey `istio.io/ingress-use-waypoint` on a Service: 1.24+ [services.go]."""
    return _since(version, 24)


def inherits_ingress_use_waypoint(version: Version) -> bool:
    """Whether that label counts on the Namespace too, and in any case of letters: 1.25+ (1.24: exactly `true`)."""
    return _since(version, 25)


def parses_ingress_use_waypoint(version: Version) -> bool:
    """Whether that label is any boolean of Go (`1`, `t`, …): 1.30+ [services.go `ingressUseWaypointFromLabels`]."""
    return _since(version, 30)


def allocates_addresses(version: Version) -> bool:
    """Whether istiod gives a ServiceEntry without addresses some, if PILOT_ENABLE_IP_AUTOALLOCATE is unset: 1.25+.

    Source: pilot/pkg/features `EnableIPAutoallocate`, pilot/pkg/controllers/ipallocate.
    """
    return _since(version, 25)


def has_east_west_client(version: Version) -> bool:
    """Whether an east-west gateway sends through service waypoints: 1.27+ [xds/endpoints/endpoint_builder.go]."""
    return _since(version, 27)


def heeds_dry_run(version: Version) -> bool:
    """Whether a policy that is only to be tried out is kept from ztunnel: 1.25.2+ [`convertAuthorizationPolicy`]."""
    return version >= Version(1, 25, 2)


def inherits_port_exceptions(version: Version) -> bool:
    """Whether a port may be excepted from a STRICT that the pod inherits: 1.22.8, 1.23.5, 1.24.3 and 1.25.0 on.

    Source: authorization.go `convertedSelectorPeerAuthentications`.
    """
    first = {22: 8, 23: 5, 24: 3}
    return version >= Version(1, version.minor, first.get(version.minor, 0))


def writes_policy_conditions(version: Version) -> bool:
    """Whether ZtunnelAccepted and WaypointAccepted are written on AuthorizationPolicies: 1.24+ [policies.go]."""
    return _since(version, 24)


def drops_waypoint_over_clusters(version: Version) -> bool:
    """Whether a Service that clusters share loses its waypoint for ingress gateways: 1.27 to 1.29.6 and 1.30.3.

    Where workloads of another network are merged in [multicluster.go `SplitHorizonServices`, istio#61092].
    """
    if not _since(version, 27):
        return False
    fixed = {29: Version(1, 29, 7, 0), 30: Version(1, 30, 4, 0)}.get(version.minor, Version(1, 31, 0, 0))
    return version < fixed
