"""Connections between pods whose packets a change makes others: from the application's port to 15008, or back.

NetworkPolicies see the packet, not what is in it, so each of these is asked twice. Pods that no rule can tell apart are
asked once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from msgspec import Struct

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.network_facts import NetworkPolicy
from kubectl_ambient.mesh.answers import all_of, any_of
from kubectl_ambient.mesh.network.packets import HBONE, End, NamedPort, Packet
from kubectl_ambient.mesh.network.ruling import Ruling, egress, ingress
from kubectl_ambient.mesh.risks.turn import Turn
from kubectl_ambient.mesh.selectors import matches


class Legs(Struct, frozen=True, gc=False):
    """What policies say of a packet at the end that sends it, and at the one that receives it."""

    packet: Packet
    out: Ruling
    come: Ruling

    @property
    def allowed(self) -> bool | None:
        """Whether it passes both; None where that cannot be told."""
        return all_of((self.out.allowed, self.come.allowed))

    @property
    def stopped_by(self) -> tuple[tuple[str, NetworkPolicy], ...]:
        """The policies that stop it, each with its direction."""
        legs = (("egress", self.out), ("ingress", self.come))
        return tuple((way, policy) for way, ruling in legs if ruling.allowed is False for policy in ruling.by)

    @property
    def passed_by(self) -> tuple[tuple[str, NetworkPolicy], ...]:
        """The policies that let it through, each with its direction."""
        legs = (("egress", self.out), ("ingress", self.come))
        return tuple((way, policy) for way, ruling in legs if ruling.allowed for policy in ruling.by)


class Changed(Struct, frozen=True, kw_only=True, gc=False):
    """Connections that a change makes others, all alike: each of `sources` to each of `destinations` but itself.

    app: what is said of the application's ports, one by one; mesh: of the port 15008. into: they come into the mesh;
    else they leave it.
    """

    sources: tuple[Pod, ...]
    destinations: tuple[Pod, ...]
    app: tuple[Legs, ...]
    mesh: Legs
    into: bool

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


class _Alike(Struct, gc=False):
    """Pods that no rule tells apart, and what each of them does in the mesh before and after."""

    end: End
    pods: list[Pod]
    ports: tuple[int, ...]
    sends: tuple[bool, bool]
    takes: tuple[bool, bool]
    isolated: frozenset[str]


def changed(turn: Turn) -> Iterator[Changed]:
    """All connections of a change on which some NetworkPolicy has a word."""
    policies = _by_namespace(turn)
    if not policies:
        return
    found = _groups(turn, policies)
    sources = [group for group in found if any(group.sends)]
    destinations = [group for group in found if any(group.takes)]
    for source, destination in product(sources, destinations):
        before, after = (source.sends[n] and destination.takes[n] for n in (0, 1))
        if before == after or not ("Egress" in source.isolated or "Ingress" in destination.isolated):
            continue
        if source is destination and len(source.pods) == 1:
            continue
        ask = _Asked(policies, source, destination)
        yield Changed(
            sources=tuple(source.pods),
            destinations=tuple(destination.pods),
            app=tuple(ask.at(port) for port in destination.ports),
            mesh=ask.at(HBONE),
            into=after,
        )


class _Asked:
    def __init__(self, policies: dict[str, list[NetworkPolicy]], source: _Alike, destination: _Alike) -> None:
        self._out = policies.get(source.end.namespace, ())
        self._come = policies.get(destination.end.namespace, ())
        self._ends = source.end, destination.end

    def at(self, port: int) -> Legs:
        packet = Packet(*self._ends, port)
        return Legs(packet, egress(self._out, packet), ingress(self._come, packet))


def _by_namespace(turn: Turn) -> dict[str, list[NetworkPolicy]]:
    found: dict[str, list[NetworkPolicy]] = {}
    for key in sorted(turn.after.network_policies.facts):
        policy = turn.after.network_policies.facts[key]
        found.setdefault(policy.namespace, []).append(policy)
    return found


def _groups(turn: Turn, policies: dict[str, list[NetworkPolicy]]) -> list[_Alike]:
    by_address = any(_names_addresses(policy) for found in policies.values() for policy in found)
    asked = _keys_asked_for(policies)
    groups: dict[object, _Alike] = {}
    for pod in turn.pods:
        if pod.host_network:
            continue  # its packets are those of its node
        sends, takes = turn.sends(pod), turn.takes(pod)
        if not any((*sends, *takes)):
            continue
        end = end_of(turn, pod)
        ports = tuple(sorted(turn.ports(pod)))
        addresses = end.ips if by_address else ()
        told_apart_by = tuple((name, pod.labels[name]) for name in asked if name in pod.labels)
        key = (pod.namespace, told_apart_by, end.ports, ports, sends, takes, addresses)
        if key in groups:
            groups[key].pods.append(pod)
        else:
            isolated = isolating(policies.get(pod.namespace, ()), pod)
            groups[key] = _Alike(end, [pod], ports, sends, takes, isolated)
    return list(groups.values())


def end_of(turn: Turn, pod: Pod) -> End:
    """The pod as NetworkPolicies see it."""
    seen = turn.on_network(pod)
    return End(
        ref=pod.ref,
        ips=seen.ips if seen else (),
        namespace=pod.namespace,
        labels=pod.labels,
        namespace_labels=turn.labels_of_namespace(pod.namespace),
        ports=tuple(NamedPort(p.name, p.number, p.protocol) for p in seen.ports) if seen else (),
    )


def isolating(policies: Sequence[NetworkPolicy], pod: Pod) -> frozenset[str]:
    """The directions in which some policy of its namespace isolates the pod."""
    chosen = (policy for policy in policies if matches(policy.pod_selector, pod.labels))
    return frozenset(direction for policy in chosen for direction in policy.isolates)


def _names_addresses(policy: NetworkPolicy) -> bool:
    return any(peer.ip_block for rule in (*policy.ingress, *policy.egress) for peer in rule.peers)


def _keys_asked_for(policies: dict[str, list[NetworkPolicy]]) -> list[str]:
    """The labels of pods that some selector asks for: by others no rule tells pods apart."""
    found: set[str] = set()
    for policy in (policy for of_one in policies.values() for policy in of_one):
        peers = (peer.pod_selector for rule in (*policy.ingress, *policy.egress) for peer in rule.peers)
        for selector in (policy.pod_selector, *peers):
            if selector is not None:
                found |= {*selector.match_labels, *(r.key for r in selector.match_expressions)}
    return sorted(found)
