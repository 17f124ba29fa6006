"""What NetworkPolicies say of calls that go another way: straight from pod to pod, or through a waypoint in between.

Straight it is one packet. Through a waypoint it is two: one to a pod of the waypoint at 15008, and one from there; to
pods that take HBONE at 15008 too, else at the application's port, as without a waypoint [ztunnel src/proxy/outbound.rs;
istiod networking/core/cluster_waypoint.go].
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Literal, NamedTuple

from msgspec import Struct

from kubectl_ambient.cluster.facts import Pod, Unread
from kubectl_ambient.cluster.kinds.gateways import Gateway
from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME
from kubectl_ambient.cluster.network_facts import NetworkPolicy
from kubectl_ambient.mesh.answers import Answer, all_of
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.installation.istiod_settings import prefers_hbone
from kubectl_ambient.mesh.network.packets import HBONE, End
from kubectl_ambient.mesh.path.parties import TLS_MODE
from kubectl_ambient.mesh.risks.alike import Alike, Asked, Legs
from kubectl_ambient.mesh.risks.rerouted import Kinds, Rerouted, caller_kinds
from kubectl_ambient.mesh.risks.turn import Turn
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.usable import ready_among

Place = Literal["straight", "to", "from"]  # the waypoint, or without one
Ports = tuple[tuple[int, int], ...]  # at which packets come to a pod, before and after; for each of its ports


class Stop(NamedTuple):
    """A policy that stops a packet, in which direction, and on which part of the way."""

    place: Place
    way: str
    policy: NetworkPolicy
    legs: Legs


class Route(Struct, frozen=True, kw_only=True, gc=False):
    """The way of a call. waypoint: None where it goes straight. why: what is not known of it; empty where nothing."""

    waypoint: str | None
    port: int
    legs: tuple[Legs, ...] = ()
    why: str = ""

    @property
    def allowed(self) -> Answer:
        """Whether policies let it pass; None where that cannot be told."""
        return None if self.why else all_of(legs.allowed for legs in self.legs)

    @property
    def stops(self) -> tuple[Stop, ...]:
        """The policies that stop it."""
        places: tuple[Place, ...] = ("straight",) if self.waypoint is None else ("to", "from")
        return tuple(
            Stop(place, way, policy, legs)
            for place, legs in zip(places, self.legs, strict=False)
            for way, policy in legs.stopped_by
        )


class Calls(Struct, frozen=True, kw_only=True, gc=False):
    """Calls that are all alike: each of `callers` to each of `called` but itself, with their way before and after."""

    callers: tuple[Pod, ...]
    called: tuple[Pod, ...]
    before: Route
    after: Route
    of: Rerouted

    @property
    def turns(self) -> bool:
        """Whether a waypoint comes between or goes: else only the port is another."""
        return self.before.waypoint != self.after.waypoint

    def pairs(self) -> Iterator[tuple[Pod, Pod]]:
        """Each by its ends."""
        return ((a, b) for a, b in product(self.callers, self.called) if a.ref != b.ref)


class _Place(Struct, frozen=True, gc=False):
    """Pods of a waypoint that are alike, or (end None) why they are not known. key: None where there is no waypoint."""

    key: str | None
    end: End | None = None
    isolated: bool = False
    why: str = ""


_STRAIGHT = _Place(None)


class Routes:
    """Asks the NetworkPolicies of a turn. judge: of the cluster, as it is afterwards."""

    def __init__(self, turn: Turn, judge: WaypointJudge) -> None:
        self.asked = Asked(turn)
        self._turn = turn
        self._judge = judge
        self._callers: dict[Kinds, list[Alike[str]]] = {}
        self._places: dict[str, list[_Place]] = {}
        self._homes: dict[str, Unread | None] = {}
        self._to: dict[tuple[str, str], Legs] = {}
        self._prefers = prefers_hbone(turn.after.istiods.known)

    def of(self, group: Rerouted) -> Iterator[Calls]:
        """The calls that pass before and not after, or the other way round, or of which that is not known."""
        ports = {ref: frozenset(found) for ref, (_pod, found) in group.called.items()}
        pods = [pod for pod, _ports in group.called.values()]
        called = self.asked.alike(pods, lambda pod: self._ports(group, pod, ports[pod.ref]))
        first, then = self._through(group.before), self._through(group.after)
        ways = [(place, place) for place in then] if group.before == group.after else list(product(first, then))
        between = any(place.isolated for places in ways for place in places)
        for caller, to in product(self._callers_as(group.by), called):
            if caller.role in (group.before, group.after) or (caller.pods == to.pods and len(to.pods) == 1):
                continue
            unread = any(map(self._unread, (caller.end.namespace, to.end.namespace)))
            if not (unread or between or "Egress" in caller.isolated or "Ingress" in to.isolated):
                continue  # no policy has a word
            told = set()  # of ports that become one, the first
            for (n, way), at in product(enumerate(ways), to.role):
                before, after = (self._route(*one, caller.end, to.end) for one in zip(way, at, strict=True))
                allowed = before.allowed, after.allowed
                turn = (n, allowed, after.port)
                if (None in allowed or allowed[0] != allowed[1]) and turn not in told:
                    told.add(turn)
                    ends = tuple(caller.pods), tuple(to.pods)
                    yield Calls(callers=ends[0], called=ends[1], before=before, after=after, of=group)

    def _callers_as(self, kinds: Kinds) -> list[Alike[str]]:
        """Who calls so, apart by the waypoint that they may be pods of themselves: that is sent to none."""
        if kinds not in self._callers:
            pods = [pod for pod in self._turn.pods if caller_kinds(self._turn, pod) == kinds]
            self._callers[kinds] = self.asked.alike(pods, lambda pod: _its_gateway(pod))
        return self._callers[kinds]

    def _ports(self, group: Rerouted, pod: Pod, ports: frozenset[int]) -> Ports:
        """Sidecars' own mTLS is spoken by gateways alone, to those that take it, at the application's port."""
        mtls = pod.labels.get(TLS_MODE) == "istio" and not self._prefers
        ways = zip(group.by, (group.before, group.after), self._turn.takes(pod), strict=True)
        hbone = [
            takes and (through is not None or by == "ambient" or (by is not None and not mtls))
            for by, through, takes in ways
        ]
        if all(hbone):
            return ((HBONE, HBONE),)
        return tuple((HBONE if hbone[0] else port, HBONE if hbone[1] else port) for port in sorted(ports))

    def _through(self, key: str | None) -> list[_Place]:
        if key is None:
            return [_STRAIGHT]
        if key not in self._places:
            self._places[key] = list(self._pods_of(key))
        return self._places[key]

    def _pods_of(self, key: str) -> Iterator[_Place]:
        snapshot, (home, _, name) = self._judge.snapshot, key.partition("/")
        gateway = snapshot.gateway(home, name)
        pods = snapshot.instances_of(gateway) if isinstance(gateway, Gateway) else None
        pods = sorted(ready_among(pods), key=lambda pod: pod.name) or pods if pods else pods
        unseen = next(filter(None, map(self._turn.why_unseen, pods or ())), "")
        if pods and not unseen:
            for group in self.asked.alike(pods, lambda _pod: key):
                yield _Place(key, group.end, bool(group.isolated) or self._unread(home) is not None)
            return
        if isinstance(gateway, Unread):
            why = str(gateway)
        elif pods is None or unseen:
            unread = unseen or snapshot.instances.why_unread(home)
            why = f"the pods of waypoint {key} are not known" + (f": {unread}" if unread else "")
        else:
            why = f"waypoint {key} has no pod" + (" in the files" if snapshot.from_files else " yet")
        yield _Place(key, None, bool(self.asked.of(home)) or self._unread(home) is not None, why)

    def _route(self, place: _Place, port: int, caller: End, called: End) -> Route:
        if place.key is not None and place.end is None:
            return Route(waypoint=place.key, port=port, why=place.why)
        ends = (caller, called) if place.end is None else (caller, place.end, called)
        unread = [str(found) for end in ends if (found := self._unread(end.namespace)) is not None]
        if unread:
            return Route(waypoint=place.key, port=port, why=few(list(dict.fromkeys(unread))))
        if place.end is None:
            return Route(waypoint=None, port=port, legs=(self.asked.legs(caller, called, port),))
        there = caller.ref, place.end.ref
        if there not in self._to:  # whoever is called
            self._to[there] = self.asked.legs(caller, place.end, HBONE)
        legs = self._to[there], self.asked.legs(place.end, called, port)
        return Route(waypoint=place.key, port=port, legs=legs)

    def _unread(self, namespace: str) -> Unread | None:
        """Why the policies of a namespace are not known; of an address that is no pod there are none."""
        if namespace and namespace not in self._homes:
            self._homes[namespace] = self._turn.after.why_unread("network_policies", namespace)
        return self._homes.get(namespace)


def _its_gateway(pod: Pod) -> str:
    return f"{pod.namespace}/{pod.labels[GATEWAY_NAME]}" if GATEWAY_NAME in pod.labels else ""
