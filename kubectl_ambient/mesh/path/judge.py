"""The verdict on a path: which way a connection takes, and who on it lets it through or does not.

Source: ztunnel src/proxy/outbound.rs, inbound.rs and inbound_passthrough.rs; istiod xds/endpoints/endpoint_builder.go
`buildEnvoyLbEndpoint`, networking/core/cluster_waypoint.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.path import conditions, network
from kubectl_ambient.mesh.path.arrival import Arrival, Arrivals
from kubectl_ambient.mesh.path.network import Networks
from kubectl_ambient.mesh.path.parties import Party, party_of
from kubectl_ambient.mesh.path.through_waypoint import Chosen, Waypoints
from kubectl_ambient.mesh.path.way import Applied, Call, Decider, Hop, Leg, Path, Protocol, Saying, Stops, overall
from kubectl_ambient.mesh.policy.connections import Identity
from kubectl_ambient.mesh.policy.judge import PolicyJudge


class PathJudge:
    """Judges the paths of one snapshot. Pure: the same snapshot gives the same answers."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.policies = PolicyJudge(snapshot)
        self.settings = conditions.Settings(snapshot)
        self.waypoints = Waypoints(self.policies.waypoints, self.policies.mesh.root)
        self._networks = Networks(snapshot)
        self._arrivals = Arrivals(snapshot, self.policies)
        self._parties: dict[str, Party] = {}

    def party(self, pod: Pod) -> Party:
        """A pod as an end of a path."""
        if pod.ref not in self._parties:
            enrolment = self.policies.enrolment
            verdict = enrolment.judge(pod)
            # A pod that should not be redirected, and is, needs its ztunnel like those that should.
            redirected = verdict.state in ("Enrolled", "Stale")
            self._parties[pod.ref] = party_of(
                pod,
                self.snapshot.on_network.fact(f"{pod.namespace}/{pod.name}"),
                verdict.mode,
                unserved=verdict.unserved or (redirected and enrolment.dead_on(pod.node)),
                untold=self.snapshot.ztunnel_pods.refusal if redirected else None,
            )
        return self._parties[pod.ref]

    def of(self, source: Party, destination: Party, call: Call) -> Path:
        """The path of a connection from the one to the other."""
        if source.pod is not None and source.pod is destination.pod:
            return self._within(source, call)
        chosen = self.waypoints.of(source, destination, call)
        places = [source, *([chosen.waypoint] if chosen.waypoint else []), destination]
        legs = [self._leg(a, b, call, to_waypoint=b is chosen.waypoint) for a, b in pairwise(places)]
        departure = list(self._departure(source))
        words: list[Saying] = [*departure]
        applied: tuple[Applied, ...] = ()
        if chosen.word is not None:
            words.append(chosen.word)
        words += _passing(legs[0], places[0], places[1])
        if chosen.waypoint is not None:
            said, applied = self.waypoints.says(chosen, source, self._seen(source, legs[0].protocol), call)
            words += [*self._unread_policies(), said, *_passing(legs[1], places[1], places[2])]
        last = legs[-1]
        speaker = places[-2]
        arrived = self._arrival(speaker, destination, last.protocol, call)
        words += arrived.words
        word = overall(words)
        on_legs = [said for leg, (a, b) in zip(legs, pairwise(places), strict=True) for said in _passing(leg, a, b)]
        seen = self._seen(speaker, last.protocol)
        receives = destination.role in ("ambient", "sidecar", "proxyless", "waypoint", "gateway", "east-west")
        return Path(
            source=source,
            destination=destination,
            call=call,
            identity=str(seen) if seen is not None and receives else None,
            hops=tuple(_hops(places, legs)),
            legs=tuple(legs),
            verdict=word.outcome,
            message=word.message,
            decided_by=word.by,
            stops=None if word in on_legs else _stops(word, departure, arrived),
            peer=arrived.peer,
            policies=(*applied, *arrived.applied, *self._nowhere(chosen, call, destination)),
            conditions=(*chosen.conditions, *self.settings.conditions(places, legs)),
            findings=tuple(conditions.findings(chosen, source, call, self._nowhere(chosen, call, destination))),
        )

    def _within(self, party: Party, call: Call) -> Path:
        message = "a pod's traffic to itself is not captured, and passes no policy"
        return Path(
            source=party,
            destination=party,
            call=call,
            identity=None,
            hops=(Hop("app", party.ref, party.node, "plaintext"),),
            legs=(),
            verdict="allowed",
            message=message,
            decided_by=(),
        )

    def _leg(self, source: Party, destination: Party, call: Call, *, to_waypoint: bool) -> Leg:
        protocol: Protocol = "HBONE" if to_waypoint else self.protocol(source, destination)
        return Leg(source.ref, destination.ref, protocol, self._networks.leg(source, destination, protocol, call.port))

    def protocol(self, source: Party, destination: Party) -> Protocol:
        """How the one speaks to the other: by what istiod tells of the other, and what this one can.

        ztunnel and waypoints never speak the sidecars' own mTLS [ztunnel `build_request`; cluster_waypoint.go].
        """
        if source.role in ("ambient", "waypoint"):
            return "HBONE" if destination.takes_hbone else "plaintext"
        if source.role not in ("sidecar", "gateway", "east-west"):
            return "plaintext"
        if destination.takes_mtls and not (self.settings.prefers_hbone and destination.takes_hbone):
            return "mTLS"
        return "HBONE" if destination.takes_hbone and self.settings.sends_hbone else "plaintext"

    def _seen(self, speaker: Party, protocol: Protocol) -> Identity | None:
        if protocol == "plaintext" or speaker.pod is None:
            return None
        account = speaker.account or "default"
        return Identity(self.policies.mesh.trust_domain, speaker.pod.namespace, account)

    def _departure(self, source: Party) -> Iterator[Saying]:
        if source.pod is not None and not source.pod.has_ip:
            yield Saying(outcome="unknown", message=f"{source.ref} has no address yet")
        elif source.role == "pending":
            yield _pending(source, "send")
        else:
            yield from _service(source)

    def _arrival(self, speaker: Party, to: Party, protocol: Protocol, call: Call) -> Arrival:
        if to.pod is not None and not to.pod.has_ip and to.role != "waypoint":
            return Arrival(words=(Saying(outcome="unknown", message=f"{to.ref} has no address yet"),))
        if speaker.role == "host" and to.pod is not None and speaker.node in ("", to.node) and to.role == "ambient":
            message = f"TCP from its own node goes past the ztunnel of {to.ref}, and past all policy of the mesh"
            by = (Decider(f"Node/{to.node}", "node"),)
            return Arrival(words=(Saying(outcome="allowed", message=message, by=by),))
        if to.role == "pending":
            return Arrival(words=(_pending(to, "receive"),))
        arrived = self._arrivals.at(to, call.port, self._seen(speaker, protocol), speaker)
        return Arrival(words=(*arrived.words, *_service(to)), peer=arrived.peer, applied=arrived.applied)

    def _unread_policies(self) -> list[Saying]:
        unread = self._arrivals.unread_policies
        return [Saying(outcome="unknown", message=f"{unread}, and one of them may deny it")] if unread else []

    def _nowhere(self, chosen: Chosen, call: Call, destination: Party) -> tuple[Applied, ...]:
        """Policies that are attached to what is called, and that nothing on this path enforces."""
        on = {p.ref for p in self.waypoints.policies(chosen.gateway, call)} if chosen.gateway else set()
        attached = self.waypoints.attached(call, destination)
        why = f"it goes past waypoint {chosen.passed.waypoint}" if chosen.passed else "no waypoint is on the path"
        return tuple(
            Applied(p.ref, p.action, None, None, f"is not enforced on this path: {why}", p.target_field)
            for p in attached
            if p.ref not in on
        )

    @property
    def assumptions(self) -> list[str]:
        """What was taken for granted because it could not be read."""
        told = [*self.policies.assumptions]
        policies = self.snapshot.network_policies
        if self.snapshot.takes_for_absent(policies.refusal):
            whole = f"the files hold the whole cluster ({self.snapshot.whole})"
            told.append(f"{whole}, and no NetworkPolicy: there is none")
        return list(dict.fromkeys(told))


def _stops(word: Saying, departure: list[Saying], arrived: Arrival) -> Stops | None:
    if word.outcome != "denied":
        return None
    return "departure" if word in departure else "arrival" if word in arrived.words else "waypoint"


def _passing(leg: Leg, source: Party, destination: Party) -> list[Saying]:
    found = network.word(leg.network, source, destination)
    return [found] if found else []


def _pending(party: Party, does: str) -> Saying:
    message = f"{party.ref} is redirected to a ztunnel that has not accepted it, and can {does} no TCP"
    return Saying(outcome="denied", message=message, by=(Decider(party.ref, "pod"),))


def _service(party: Party) -> Iterator[Saying]:
    """That its ztunnel does not serve it, or that this is not known."""
    by = (Decider(party.ref, "pod"),)
    if party.unserved:
        yield Saying(
            outcome="depends", message=f"{party.ref} is redirected to a ztunnel that does not serve it now", by=by
        )
    elif party.untold is not None:
        message = f"whether the ztunnel that {party.ref} is redirected to serves it cannot be told: {party.untold}"
        yield Saying(outcome="unknown", message=message, by=by)


def _hops(places: list[Party], legs: list[Leg]) -> Iterator[Hop]:
    """What the traffic passes, from the one that speaks to the one that is spoken to."""
    source = places[0]
    if source.role in ("ambient", "pending"):
        yield Hop("ztunnel", f"ztunnel on {source.node}", source.node, "plaintext")
    elif source.role == "sidecar":
        yield Hop("sidecar", source.ref, source.node, "plaintext")
    for number, (leg, place) in enumerate(zip(legs, places[1:], strict=True)):
        captured = place.role in ("ambient", "pending") and not _past_ztunnel(source, place, leg)
        if captured:
            yield Hop("ztunnel", f"ztunnel on {place.node}", place.node, leg.protocol, number)
        elif place.role in ("waypoint", "sidecar"):
            yield Hop(place.role, place.ref, place.node, leg.protocol, number)
        elif place.role in ("gateway", "east-west"):
            yield Hop("gateway", place.ref, place.node, leg.protocol, number)
        if captured or place.role == "sidecar":
            yield Hop("app", place.ref, place.node, "plaintext")
        elif place.role not in ("waypoint", "gateway", "east-west"):
            yield Hop("app", place.ref, place.node, leg.protocol, number)


def _past_ztunnel(source: Party, place: Party, leg: Leg) -> bool:
    if leg.encrypted:
        return False
    return place.bypasses or (source.role == "host" and source.node in ("", place.node))
