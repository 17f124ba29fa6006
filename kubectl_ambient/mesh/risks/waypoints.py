"""Policies that a waypoint enforces, and who is no longer sent there.

Only members of the mesh are sent to a waypoint; all others go past it [ztunnel src/proxy/outbound.rs; istiod
endpoint_builder.go `findServiceWaypoint`].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.policy_facts import AuthorizationPolicy
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.mesh.risks.risk import Risk
from kubectl_ambient.mesh.risks.strict import pods
from kubectl_ambient.mesh.risks.turn import Turn
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge


def bypassed(turn: Turn) -> Iterator[Risk]:
    """Pods that leave the mesh, and Services whose waypoint enforces policies on who calls them."""
    if not turn.leaving or not any(policy.targets for policy in turn.after.authorization_policies):
        return
    judge = WaypointJudge(turn.after)
    bound = {service.ref: (service, judge.of(service).waypoint) for service in _in_order(turn.after)}
    for policy, found in _attached(turn.after, bound).items():
        services = [service for service, _waypoint in found]
        yield Risk.of(
            RiskCode.WAYPOINT_POLICY_BYPASSED,
            f"{pods(turn.leaving)} would no longer be sent to waypoint {found[0][1]}, which enforces"
            f" {policy.replace('/', ' ', 1)} for {_names(services)}: it would not be enforced on what they send",
            *_told(turn.after, policy, found),
            affects=[f"{pod.ref} -> {service.ref}" for pod in turn.leaving for service in services],
            remedy="refuse at ztunnel who does not come from the waypoint: an AuthorizationPolicy by its principal",
        )


def lost(snapshot: Snapshot, losing: Iterable[tuple[Service, str]]) -> Iterator[Risk]:
    """Services that lose their waypoint, by the policies that it enforces for them. losing: each with its waypoint."""
    bound: dict[str, tuple[Service, str | None]] = {service.ref: (service, waypoint) for service, waypoint in losing}
    for policy, found in _attached(snapshot, bound).items():
        yield Risk.of(
            RiskCode.WAYPOINT_POLICY_LOST,
            f"{policy.replace('/', ' ', 1)} would no longer be enforced for {_names(s for s, _ in found)}: waypoint"
            f" {found[0][1]} does that, and nothing would be sent there any more",
            *_told(snapshot, policy, found),
            affects=[service.ref for service, _waypoint in found],
            remedy="write for ztunnel what it can check of the policy, without targetRefs, before the waypoint goes",
        )


def _attached(
    snapshot: Snapshot, bound: Mapping[str, tuple[Service, str | None]]
) -> dict[str, list[tuple[Service, str]]]:
    """The policies that a waypoint enforces for these Services, each with those."""
    found: dict[str, list[tuple[Service, str]]] = {}
    for key in sorted(snapshot.authorization_policies.facts):
        policy = snapshot.authorization_policies.facts[key]
        for service, waypoint in bound.values():
            if waypoint is not None and _is_attached(policy, service, waypoint):
                found.setdefault(policy.ref, []).append((service, waypoint))
    return found


def _is_attached(policy: AuthorizationPolicy, service: Service, waypoint: str) -> bool:
    for target in policy.targets:
        home = target.namespace or policy.namespace
        if target.kind == "Service" and (home, target.name) == (service.namespace, service.name):
            return True
        if target.kind == "Gateway" and f"{home}/{target.name}" == waypoint:
            return True
    return False


def _told(snapshot: Snapshot, ref: str, found: list[tuple[Service, str]]) -> Iterator[Evidence]:
    policy = next(policy for policy in snapshot.authorization_policies if policy.ref == ref)
    names = ", ".join(f"{target.kind} {target.name}" for target in policy.targets)
    yield Evidence(ref, policy.target_field, names)
    service = found[0][0]
    key = "istio.io/use-waypoint"
    of = service.ref if key in service.labels else f"Namespace/{service.namespace}"
    yield Evidence(of, f"metadata.labels[{key}]", found[0][1].rpartition("/")[2])


def _in_order(snapshot: Snapshot) -> list[Service]:
    return [snapshot.services.facts[key] for key in sorted(snapshot.services.facts)]


def _names(services: Iterable[Service]) -> str:
    names = [f"{service.namespace}/{service.name}" for service in services]
    return f"Service {names[0]}" if len(names) == 1 else f"Services {', '.join(names[:3])}"
