"""Every waypoint of a snapshot: what it takes, whether it lives, whom it admits, and who uses it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct, field, structs

from kubectl_ambient.cluster.facts import LabelSelector, Namespace, Unread, Workload
from kubectl_ambient.cluster.found import EVERYWHERE
from kubectl_ambient.cluster.kinds.gateways import WAYPOINT_CLASSES, Gateway, GatewayClass
from kubectl_ambient.cluster.served import KINDS, Kind, objects_of
from kubectl_ambient.mesh.catalogue import WaypointReason
from kubectl_ambient.mesh.evidence import Finding
from kubectl_ambient.mesh.waypoint.allowed_routes import listener_of
from kubectl_ambient.mesh.waypoint.canary import canary
from kubectl_ambient.mesh.waypoint.deciding import UNUSABLE
from kubectl_ambient.mesh.waypoint.handled import is_istios, proxies_of, unhandled
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.owner import Owner, owner_of
from kubectl_ambient.mesh.waypoint.reference import reference
from kubectl_ambient.mesh.waypoint.rules import Target, kind_of
from kubectl_ambient.mesh.waypoint.usable import (
    MESH_CONTROLLER,
    Life,
    Takes,
    answers_hbone,
    is_written,
    ready_among,
    takes,
    why_without_address,
)


class Uses(Struct):
    """Who names a waypoint. served: how many objects of each kind it serves, None where the kind could not be read.

    namespaces: how many Namespaces name it; None likewise. canaries: how many services of another waypoint have it as
    their canary, used or not; None likewise. refused: by reason, the objects that name it in vain.
    """

    namespaces: int | None = 0
    served: dict[Kind, int | None] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    canaries: int | None = 0
    refused: dict[WaypointReason, list[Target]] = field(default_factory=dict)

    @property
    def nobody(self) -> bool:
        """Whether it is known that nothing names it."""
        return not self.refused and all(n == 0 for n in (self.namespaces, self.canaries, *self.served.values()))


class Routes(Struct, frozen=True):
    """Which namespaces a waypoint admits: `Same`, `All`, or those that the selector chooses."""

    allowed_from: Literal["Same", "All", "Selector"]
    selector: LabelSelector | None = None


class Waypoint(Struct, frozen=True, kw_only=True):
    """One waypoint. programmed: what its controller tells; None where it tells nothing, or of an older Gateway.

    ready, pods: how many of its proxies are Ready, and how many there are; None where they could not be read.
    waits_for: what keeps an address away, where that is known. idle: its Deployment, where that asks for no pod.
    unhandled: what keeps its istiod from it. written: it is a manifest, without a status.
    """

    gateway: Gateway
    takes: Takes
    programmed: bool | None
    ready: int | None
    pods: int | None
    routes: Routes
    owner: Owner
    answers_hbone: bool
    life: Life
    waits_for: str
    uses: Uses
    idle: Workload | None = None
    unhandled: Finding | None = None
    written: bool = False


def waypoints(judge: WaypointJudge, namespace: str = "") -> list[Waypoint]:
    """Those of a namespace, or of all: by class, by binding, and whatever Gateway some label names."""
    uses = uses_of(judge)
    snapshot = judge.snapshot
    found = [
        gateway
        for gateway in snapshot.gateways
        if namespace in ("", gateway.namespace)
        and (is_waypoint(gateway, snapshot.gateway_class(gateway.class_name)) or gateway.key in uses)
    ]
    found.sort(key=lambda gateway: (gateway.namespace, gateway.name))
    return [waypoint_of(judge, gateway, uses) for gateway in found]


def is_waypoint(gateway: Gateway, of_class: GatewayClass | Unread | None) -> bool:
    """Whether it is meant to be one: of a class of waypoints, or bound to a sandwiched proxy.

    Source: gatewaycommon/classinfo.go.
    """
    if gateway.class_name in WAYPOINT_CLASSES or gateway.inbound_binding is not None:
        return True
    known = of_class if isinstance(of_class, GatewayClass) else None
    return known is not None and (known.controller == MESH_CONTROLLER or known.inbound_binding is not None)


def waypoint_of(judge: WaypointJudge, gateway: Gateway, uses: Mapping[str, Uses]) -> Waypoint:
    """All about one of them; `uses` as `uses_of` gives them."""
    snapshot, version = judge.snapshot, judge.control_plane.newest.version
    of_class = snapshot.gateway_class(gateway.class_name)
    instances = proxies_of(gateway, of_class, snapshot)
    home = judge.namespace(gateway.namespace)
    owner = owner_of(gateway, home, snapshot)
    told = unhandled(gateway, home, owner, instances, snapshot) if is_istios(gateway, of_class) else None
    listener = listener_of(gateway, of_class, version)
    word = (listener and listener.allowed_from) or "Same"
    return Waypoint(
        gateway=gateway,
        takes=takes(gateway, of_class, version),
        programmed=_programmed(gateway),
        ready=None if instances is None else len(ready_among(instances)),
        pods=None if instances is None else len(instances),
        routes=Routes(word if word in ("All", "Selector") else "Same", listener.selector if listener else None),  # type: ignore[arg-type]
        owner=owner,
        answers_hbone=answers_hbone(gateway, of_class),
        life=judge.life_of(gateway),
        idle=snapshot.scaled_to_none(gateway),
        waits_for="" if gateway.addresses else why_without_address(gateway, instances),
        uses=uses.get(gateway.key) or _counted(judge, Uses()),
        unhandled=told.finding if told else None,
        written=is_written(gateway, snapshot),
    )


def uses_of(judge: WaypointJudge) -> dict[str, Uses]:
    """By `namespace/name`, who names that Gateway, and what becomes of it."""
    found: dict[str, Uses] = {}
    version = judge.control_plane.newest.version
    for namespace in judge.snapshot.namespaces:
        named = reference(f"Namespace/{namespace.name}", namespace.labels, namespace.name, namespace, version)
        if named.key:
            uses = found.setdefault(named.key, Uses())
            uses.namespaces = (uses.namespaces or 0) + 1
    for target in judge.targets():
        decision = judge.decide(target)
        if not decision.named.key:
            continue
        uses = found.setdefault(decision.named.key, Uses())
        kind = kind_of(target)
        if decision.waypoint:
            uses.served[kind] = (uses.served[kind] or 0) + 1
        elif decision.reason in UNUSABLE:
            uses.refused.setdefault(decision.reason, []).append(target)
        home = judge.namespace(target.namespace)
        split = canary(target, decision, home, judge.snapshot, judge.control_plane.newest)
        if split is not None and split.waypoint != decision.waypoint:
            uses = found.setdefault(split.waypoint, Uses())
            uses.canaries = (uses.canaries or 0) + 1
    return {key: _counted(judge, uses) for key, uses in found.items()}


def _counted(judge: WaypointJudge, uses: Uses) -> Uses:
    """The same, without the numbers of what could not be read, or is not in the files."""
    snapshot, objects = judge.snapshot, objects_of(judge.snapshot)
    if snapshot.from_files:
        # Of what they do not hold whole, others may use it too: none of a kind means nothing.
        whole = {kind: objects[kind].covers(EVERYWHERE) for kind in KINDS}
        served = {kind: n if whole[kind] else n or None for kind, n in uses.served.items()}
        canaries = uses.canaries if whole["Service"] and whole["ServiceEntry"] else uses.canaries or None
        namespaces = uses.namespaces if snapshot.namespaces.covers(EVERYWHERE) else uses.namespaces or None
        return structs.replace(uses, namespaces=namespaces, served=served, canaries=canaries)
    uses.served |= {kind: None for kind in KINDS if objects[kind].refusal}
    if snapshot.services.refusal:
        uses.canaries = None
    known = snapshot.namespaces and not snapshot.namespaces.unread
    if not known:
        uses.namespaces = None
    return uses


def _known(namespaces: Iterable[Namespace | Unread]) -> list[Namespace]:
    return [namespace for namespace in namespaces if isinstance(namespace, Namespace)]


def _programmed(gateway: Gateway) -> bool | None:
    condition = gateway.condition("Programmed")
    if condition is None or condition.status not in ("True", "False"):
        return None
    old = None not in (condition.generation, gateway.generation) and condition.generation < gateway.generation  # type: ignore[operator]
    return None if old else condition.true
