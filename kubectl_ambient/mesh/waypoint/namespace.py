"""What `waypoint explain ns` says: the waypoint that a namespace names, what goes there, and what does not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from kubectl_ambient.cluster.facts import Namespace, Unread
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.served import KINDS, Kind
from kubectl_ambient.mesh.catalogue import WaypointReason
from kubectl_ambient.mesh.evidence import Evidence, Fix, label, unread_labels
from kubectl_ambient.mesh.waypoint.binding import Binding
from kubectl_ambient.mesh.waypoint.deciding import Decision
from kubectl_ambient.mesh.waypoint.findings import past_it
from kubectl_ambient.mesh.waypoint.fixes import fixes
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.reference import USE_WAYPOINT
from kubectl_ambient.mesh.waypoint.summary import Sums, sums


class Group(Struct, frozen=True):
    """Objects of a kind with the same answer."""

    kind: Kind
    waypoint: str | None
    reason: WaypointReason
    names: tuple[str, ...]


class NamespaceUse(Struct, frozen=True, kw_only=True):
    """A namespace. named, reason: what its own label says of its services. message: one sentence about that.

    exceptions: the objects whose own label decides, not the namespace's.
    """

    name: str
    named: str | None
    reason: WaypointReason
    message: str
    evidence: tuple[Evidence, ...]
    sums: Sums
    groups: tuple[Group, ...]
    exceptions: tuple[Binding, ...]
    bindings: tuple[Binding, ...]
    fixes: tuple[Fix, ...]


def namespace_use(judge: WaypointJudge, name: str) -> NamespaceUse:
    """The sum over what is in the namespace. Its own answer is that for a Service without a label of its own."""
    plain = Service(namespace=name, name="any", cluster_ips=("192.0.2.1",))
    decision = judge.decide(plain)
    found = [(target, judge.of(target)) for target in judge.targets() if target.namespace == name]
    found.sort(key=lambda pair: (KINDS.index(pair[1].kind), pair[1].name))
    bindings = [binding for _, binding in found]
    return NamespaceUse(
        name=name,
        named=decision.named.key or None,
        reason=decision.reason,
        message=_message(name, decision, judge.plain_pods(name)),
        evidence=_evidence(name, judge.namespace(name), decision),
        sums=sums(bindings),
        groups=tuple(_groups(bindings)),
        exceptions=tuple(binding for target, binding in found if USE_WAYPOINT in target.labels),
        bindings=tuple(bindings),
        fixes=fixes(judge, plain, decision, whole=True),
    )


def _message(name: str, decision: Decision, plain: int) -> str:
    why = decision.because.message
    match decision.reason:
        case WaypointReason.ACCEPTED:
            if not plain:
                return f"Namespace {name} names waypoint {decision.waypoint}, which serves its Services"
            told = past_it(name, decision.named.key, plain)
            return f"{told[0].upper()}{told[1:]}"
        case WaypointReason.NOT_LABELED:
            return f"Namespace {name} names no waypoint: only what has a label of its own goes through one"
        case WaypointReason.OPTED_OUT:
            return f"Namespace {name} opts out of waypoints (label {USE_WAYPOINT}=none)"
        case WaypointReason.EVIDENCE_MISSING:
            return f"Whether the waypoint of namespace {name} serves its Services cannot be told: {why}"
        case _:
            return f"Namespace {name} names waypoint {decision.named.key}, which does not serve its Services: {why}"


def _evidence(name: str, namespace: Namespace | Unread, decision: Decision) -> tuple[Evidence, ...]:
    ref = f"Namespace/{name}"
    if isinstance(namespace, Unread):
        return (unread_labels(ref, namespace),)
    first = label(ref, USE_WAYPOINT, namespace.labels.get(USE_WAYPOINT))
    rest = (e for e in (*decision.named.evidence, *decision.because.evidence) if not e.object.startswith("Service/"))
    return tuple(dict.fromkeys((first, *rest)))


def _groups(bindings: Iterable[Binding]) -> Sequence[Group]:
    found: dict[tuple[Kind, str | None, WaypointReason], list[str]] = {}
    for binding in bindings:
        found.setdefault((binding.kind, binding.waypoint, binding.reason), []).append(binding.name)
    return [Group(*key, tuple(sorted(names))) for key, names in found.items()]
