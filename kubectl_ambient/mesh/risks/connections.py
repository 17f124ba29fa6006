"""Connections between pods whose packets a change makes others: from the application's port to 15008, or back.

NetworkPolicies see the packet, not what is in it, so each of these is asked twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.mesh.answers import any_of
from kubectl_ambient.mesh.gateways import is_waypoint
from kubectl_ambient.mesh.network.packets import HBONE
from kubectl_ambient.mesh.risks.alike import Asked, Legs
from kubectl_ambient.mesh.risks.turn import Turn

if TYPE_CHECKING:
    from kubectl_ambient.mesh.risks.served import Straight
    from kubectl_ambient.mesh.waypoint.traffic import ClientKind


class Changed(Struct, frozen=True, kw_only=True, gc=False):
    """Connections that a change makes others, all alike: each of `sources` to each of `destinations` but itself.

    app: what is said of the application's ports, one by one; mesh: of the port 15008. into: they come into the mesh;
    else they leave it. aside: they go so by the pods' own addresses alone, since their Services have a waypoint.
    """

    sources: tuple[Pod, ...]
    destinations: tuple[Pod, ...]
    app: tuple[Legs, ...]
    mesh: Legs
    into: bool
    aside: bool = False

    def pairs(self) -> Iterator[tuple[Pod, Pod]]:
        """Each connection by its ends."""
        return ((a, b) for a, b in product(self.sources, self.destinations) if a.ref != b.ref)

    @property
    def unknown(self) -> bool:
        """Whether it cannot be told what becomes of it."""
        if self.into:
            asked = any_of(legs.allowed for legs in self.app)
            return (self.mesh.allowed is None and bool(self.app)) or (asked is None and not self.mesh.allowed)
        return any(legs.allowed is None for legs in self.app)


class _Role(NamedTuple):
    """What a pod does in the mesh before and after, and at which ports it is called out of it.

    kind: as whom it may be sent to waypoints; straight: to which ports those that may be go past them all the same.
    """

    ports: tuple[int, ...]
    sends: tuple[bool, bool]
    takes: tuple[bool, bool]
    kind: ClientKind | None
    straight: Straight

    def called_by(self, other: _Role) -> Iterator[tuple[tuple[int, ...], bool]]:
        """The ports to which another calls straight, and whether so by the pod's address alone."""
        usual, alone = next((ports for kind, *ports in self.straight if kind == other.kind), (self.ports, ()))
        yield usual, False
        if alone:
            yield alone, True


def changed(turn: Turn) -> Iterator[Changed]:
    """All connections of a change on which some NetworkPolicy has a word."""
    asked, served = Asked(turn), turn.served
    if not asked:
        return
    if served is not None:
        from kubectl_ambient.mesh.risks.rerouted import caller_kinds

    def role(pod: Pod) -> _Role | None:
        # Packets of the node's own network are the node's; a waypoint sends on to what it serves, and that is asked of
        # the way through it.
        if pod.host_network or is_waypoint(pod):
            return None
        sends, takes = turn.sends(pod), turn.takes(pod)
        if not any((*sends, *takes)):
            return None
        ports = tuple(sorted(turn.ports(pod)))
        if served is None:
            return _Role(ports, sends, takes, None, ())
        before, after = caller_kinds(turn, pod)
        return _Role(ports, sends, takes, after or before, served.straight(pod))

    found = asked.alike(turn.pods, role)
    sources = [group for group in found if any(group.role.sends)]
    destinations = [group for group in found if any(group.role.takes)]
    for source, destination in product(sources, destinations):
        before, after = (source.role.sends[n] and destination.role.takes[n] for n in (0, 1))
        if before == after or not ("Egress" in source.isolated or "Ingress" in destination.isolated):
            continue
        if source is destination and len(source.pods) == 1:
            continue
        mesh = asked.legs(source.end, destination.end, HBONE)
        for ports, aside in destination.role.called_by(source.role):
            yield Changed(
                sources=tuple(source.pods),
                destinations=tuple(destination.pods),
                app=tuple(asked.legs(source.end, destination.end, port) for port in ports),
                mesh=mesh,
                into=after,
                aside=aside,
            )
