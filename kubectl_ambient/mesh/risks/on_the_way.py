"""NetworkPolicies on the way through a waypoint: what they stop, or let through, once it comes between or goes.

With a waypoint in between, the policies of who is called see the waypoint, and not the caller.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from functools import cached_property

from msgspec import structs

from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.network.matching import about
from kubectl_ambient.mesh.network.packets import HBONE
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.mesh.risks.deciding import (
    Deciding,
    Entries,
    connections,
    names,
    open_hbone,
    peers,
    ports,
    rules_of,
    verb,
)
from kubectl_ambient.mesh.risks.network import AT_WAYPOINT, LIFTS, why_untold
from kubectl_ambient.mesh.risks.rerouted import Rebound, Rerouted, Untold, rerouted
from kubectl_ambient.mesh.risks.risk import Risk
from kubectl_ambient.mesh.risks.routes import Calls, Place, Route, Routes, Stop
from kubectl_ambient.mesh.risks.turn import Turn
from kubectl_ambient.mesh.risks.untold import not_judged
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.shell.command import Command

CODES = (RiskCode.NETWORK_POLICY_BLOCKS_WAYPOINT, RiskCode.NETWORK_POLICY_WIDENS_BY_WAYPOINT)
_READS = ("network_policies", "on_network", "namespaces", "services")
_PARTS: dict[tuple[Place, ...], str] = {
    ("straight",): "what goes straight from pod to pod",
    ("to",): "what goes to waypoint {}",
    ("from",): "what comes from waypoint {}",
    ("to", "from"): "what goes to waypoint {} and comes from it",
}
_AT_ZTUNNEL = "an AuthorizationPolicy without targetRefs, by the caller's identity, keeps them apart"
_PLAIN = "the policies of who is called see the callers themselves then: one of these can keep them apart"

Hit = list[tuple[Calls, tuple[Stop, ...]]]


class OnTheWay:
    """The risks of objects that get another waypoint, or none any more, or whose callers and pods move.

    judge: of the cluster as it is afterwards.
    """

    def __init__(self, turn: Turn, judge: WaypointJudge, every: Iterable[Rebound]) -> None:
        self._turn = turn
        self._judge = judge
        self._every = list(every)

    @property
    def found(self) -> Iterator[Risk]:
        """The risks."""
        yield from self.told(but=())

    def told(self, *, but: Container[str]) -> Iterator[Risk]:
        """The risks. but: connections that are told to pass already."""
        yield from (_blocks(hit) for hit in self._by_policies(passes_before=True))
        yield from filter(None, (_widens(hit, but) for hit in self._by_policies(passes_before=False)))

    def pairs(self, *, passes_before: bool) -> set[str]:
        """The connections that change, as risks tell them."""
        return {pair for hit in self._by_policies(passes_before=passes_before) for pair in _affected(hit)}

    @property
    def untold(self) -> Iterator[str]:
        """What could not be judged, and why."""
        if self._every and self._matters:
            yield from not_judged(self._turn, [(CODES, _READS)])
            yield from _of_objects([one for one in self._rerouted[1] if self._may_stop(one.of.homes)])
            yield from self._of_calls()

    @cached_property
    def _matters(self) -> bool:
        """Whether some policy may have a word, or it is not known whether there is one."""
        homes = {home for one in self._every for home in one.homes}
        return self._turn.why_unread("network_policies") is not None or self._may_stop(homes)

    def _may_stop(self, homes: Iterable[str]) -> bool:
        """Whether there are policies in these namespaces, where waypoints and who is called are, or on any caller."""
        policies = self._turn.after.network_policies
        return any(policy.namespace in homes or "Egress" in policy.isolates for policy in policies)

    @cached_property
    def _rerouted(self) -> tuple[list[Rerouted], list[Untold]]:
        return rerouted(self._turn, self._judge, self._every)

    @cached_property
    def _calls(self) -> list[Calls]:
        if not self._every or not self._turn.after.network_policies:
            return []
        routes = Routes(self._turn, self._judge)
        return [calls for group in self._rerouted[0] for calls in routes.of(group)]

    def _by_policies(self, *, passes_before: bool) -> Iterator[Hit]:
        """The calls that change, by the policies that stop them on the one side or the other, and by their ways."""
        found: dict[object, Hit] = {}
        for calls in self._calls:
            if calls.before.allowed is passes_before and calls.after.allowed is (not passes_before):
                stops = (calls.after if passes_before else calls.before).stops
                told = tuple((stop.place, stop.way, stop.policy.ref) for stop in stops)
                key = (told, calls.before.waypoint, calls.after.waypoint)
                found.setdefault(key, []).append((calls, stops))
        yield from found.values()

    def _of_calls(self) -> Iterator[str]:
        by_reason: dict[tuple[str | None, str], dict[tuple[str, str], None]] = {}
        for calls in self._calls:
            if calls.before.allowed is None or calls.after.allowed is None:
                why = calls.before.why or calls.after.why or why_untold(self._turn, _ends(calls))
                through = calls.after.waypoint or calls.before.waypoint
                pairs = by_reason.setdefault((through, why), {})
                pairs.update(((a.ref, b.ref), None) for a, b in calls.pairs())
        for (through, why), pairs in by_reason.items():
            if pairs:
                many = connections(len(pairs))
                yield f"whether NetworkPolicies stop {many}, with waypoint {through} or without, cannot be told ({why})"


def _of_objects(untold: list[Untold]) -> Iterator[str]:
    by_reason: dict[str, dict[str, None]] = {}
    for one in untold:
        by_reason.setdefault(one.why, {})[one.of.after.ref] = None
    for why, refs in by_reason.items():
        yield f"whether NetworkPolicies stop what goes to {few(list(refs))} cannot be told ({why})"


def _blocks(hit: Hit) -> Risk:
    calls, stops = hit[0]
    affects = _affected(hit)
    one = len(affects) == 1
    places = tuple(dict.fromkeys(stop.place for stop in stops))
    part = _PARTS[places].format(calls.after.waypoint)
    numbers = dict.fromkeys(str(stop.legs.packet.port) for _calls, found in hit for stop in found)
    fix = _admit(hit)
    return Risk.of(
        RiskCode.NETWORK_POLICY_BLOCKS_WAYPOINT if calls.turns else RiskCode.NETWORK_POLICY_BLOCKS_MESH,
        f"{names(_deciding(stops))} {verb(_deciding(stops), f'stop {part}, at TCP {few(list(numbers))}')}:"
        f" {connections(len(affects))} that {'passes' if one else 'pass'} now, {_way(calls.before)}, would not",
        *_evidence(hit),
        affects=affects,
        remedy=LIFTS if fix else _remedy(hit),
        fix=fix,
    )


def _widens(hit: Hit, but: Container[str]) -> Risk | None:
    calls, stops = hit[0]
    affects = [pair for pair in _affected(hit) if pair not in but]
    if not affects:
        return None
    one = len(affects) == 1
    kept = f"stop {connections(len(affects))} that {'goes' if one else 'go'} {_way(calls.before)} now"
    at_ztunnel = all(calls.after.port == HBONE for calls, _stops in hit)
    straight = _AT_ZTUNNEL if at_ztunnel else _PLAIN
    return Risk.of(
        RiskCode.NETWORK_POLICY_WIDENS_BY_WAYPOINT if calls.turns else RiskCode.NETWORK_POLICY_WIDENS,
        f"{names(_deciding(stops))} {verb(_deciding(stops), kept)}:"
        f" {_way(calls.after)} {'it' if one else 'they'} would pass",
        *_evidence(hit),
        affects=affects,
        remedy=straight if calls.after.waypoint is None else AT_WAYPOINT,
    )


def _way(route: Route) -> str:
    return "straight from pod to pod" if route.waypoint is None else f"through waypoint {route.waypoint}"


def _deciding(stops: Iterable[Stop]) -> Deciding:
    """The policies, each once for a direction."""
    return tuple({(stop.way, stop.policy.ref): (stop.way, stop.policy) for stop in stops}.values())


def _affected(hit: Hit) -> list[str]:
    return list(dict.fromkeys(f"{a.ref} -> {b.ref}:{c.after.port}" for c, _stops in hit for a, b in c.pairs()))


def _ends(calls: Calls) -> set[str]:
    """The namespaces of who calls, of who is called, and of the waypoints."""
    legs = (*calls.before.legs, *calls.after.legs)
    return {end.namespace for leg in legs for end in (leg.packet.source, leg.packet.destination)} - {""}


def _evidence(hit: Hit) -> Iterator[Evidence]:
    """What the policies let through, to or from whom, and the label that names the waypoint."""
    calls, stops = hit[0]
    for way, policy in _deciding(stops):
        yield ports(way, policy)
        yield from peers(way, policy)
    yield next(calls.of.because[called.ref] for _caller, called in calls.pairs())


def _admit(hit: Hit) -> Command | None:
    """Add 15008 to rules that are about the right peers already; None where that is not all that is missing."""
    wanted: Entries = {}
    for _calls, stops in hit:
        for place, way in dict.fromkeys((stop.place, stop.way) for stop in stops):
            there = (stop for stop in stops if (stop.place, stop.way) == (place, way))
            found = next(((stop.policy, lacking) for stop in there if (lacking := set(_lacking(stop)))), None)
            if found is None:
                return None
            policy, lacking = found
            wanted.setdefault((policy.namespace, policy.name), set()).update(lacking)
    return open_hbone(wanted)


def _lacking(stop: Stop) -> Iterator[str]:
    """The rules of the policy that are about this connection but for its port, where that is 15008."""
    packet = stop.legs.packet
    other = packet.destination if stop.way == "egress" else packet.source
    for number, rule in enumerate(rules_of(stop.way, stop.policy) if packet.port == HBONE else ()):
        if rule.ports and about(structs.replace(rule, ports=()), stop.policy.namespace, other, packet):
            yield f"{stop.way}/{number}"


def _remedy(hit: Hit) -> str:
    """What no policy admits."""
    wanted = dict.fromkeys(_missing(stop, calls.after) for calls, stops in hit for stop in stops)
    return f"{'a rule has' if len(wanted) == 1 else 'rules have'} to admit {', and '.join(wanted)}"


def _missing(stop: Stop, route: Route) -> str:
    """The packet as a rule of the policy names it."""
    port = f"TCP {stop.legs.packet.port}"
    if (stop.place, stop.way) in (("to", "egress"), ("from", "ingress")):
        name = (route.waypoint or "").rpartition("/")[2]
        where = "to" if stop.way == "egress" else "from"
        return f"{port} {where} the pods of waypoint {route.waypoint} ({GATEWAY_NAME}={name})"
    return f"{port} to the pods that are called" if stop.way == "egress" else f"{port} from the callers"
