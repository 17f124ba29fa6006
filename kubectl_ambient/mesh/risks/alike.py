"""NetworkPolicies asked about many pods: those that no rule can tell apart are asked once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Generic, TypeVar

from msgspec import Struct

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.network_facts import NetworkPolicy
from kubectl_ambient.mesh.answers import all_of
from kubectl_ambient.mesh.network.packets import End, NamedPort, Packet
from kubectl_ambient.mesh.network.ruling import Ruling, egress, ingress
from kubectl_ambient.mesh.risks.turn import Turn
from kubectl_ambient.mesh.selectors import matches

K = TypeVar("K")


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


class Alike(Struct, Generic[K], gc=False):
    """Pods that no rule tells apart. role: what each of them is to whom asks; isolated: the directions."""

    end: End
    pods: list[Pod]
    role: K
    isolated: frozenset[str]


class Asked:
    """The NetworkPolicies of a turn; false where there are none."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._of: dict[str, list[NetworkPolicy]] = {}
        self._choosing: dict[str, list[NetworkPolicy]] = {}
        for key in sorted(turn.after.network_policies.facts):
            policy = turn.after.network_policies.facts[key]
            self._of.setdefault(policy.namespace, []).append(policy)

    def __bool__(self) -> bool:
        return bool(self._of)

    def of(self, namespace: str) -> Sequence[NetworkPolicy]:
        """Those of a namespace."""
        return self._of.get(namespace, ())

    def legs(self, source: End, destination: End, port: int) -> Legs:
        """What is said of a packet from the one to the other."""
        packet = Packet(source, destination, port)
        return Legs(packet, egress(self._on(source), packet), ingress(self._on(destination), packet))

    def _on(self, end: End) -> Sequence[NetworkPolicy]:
        """Those that choose the pod: each end is asked about with many others."""
        labels = end.labels
        if labels is None:
            return ()
        if end.ref not in self._choosing:
            self._choosing[end.ref] = [p for p in self.of(end.namespace) if matches(p.pod_selector, labels)]
        return self._choosing[end.ref]

    def alike(self, pods: Iterable[Pod], role: Callable[[Pod], K | None]) -> list[Alike[K]]:
        """The pods in groups. role: what else tells them apart; those for which it is None are left out."""
        groups: dict[object, Alike[K]] = {}
        for pod in pods:
            its_role = role(pod)
            if its_role is None:
                continue
            end = end_of(self._turn, pod)
            addresses = end.ips if self._by_address else ()
            told_apart_by = tuple((name, pod.labels[name]) for name in self._keys if name in pod.labels)
            key = (pod.namespace, end.labels is None, told_apart_by, end.ports, its_role, addresses)
            if key in groups:
                groups[key].pods.append(pod)
            else:
                isolated = frozenset(direction for policy in self._on(end) for direction in policy.isolates)
                groups[key] = Alike(end, [pod], its_role, isolated)
        return list(groups.values())

    @cached_property
    def _by_address(self) -> bool:
        return any(_names_addresses(policy) for found in self._of.values() for policy in found)

    @cached_property
    def _keys(self) -> list[str]:
        """The labels of pods that some selector asks for: by others no rule tells pods apart."""
        found: set[str] = set()
        for policy in (policy for of_one in self._of.values() for policy in of_one):
            peers = (peer.pod_selector for rule in (*policy.ingress, *policy.egress) for peer in rule.peers)
            for selector in (policy.pod_selector, *peers):
                if selector is not None:
                    found |= {*selector.match_labels, *(r.key for r in selector.match_expressions)}
        return sorted(found)


def end_of(turn: Turn, pod: Pod) -> End:
    """The pod as NetworkPolicies see it: on the host network it is an address of its node, and no pod."""
    seen = turn.on_network(pod)
    if pod.host_network:
        return End(ref=pod.ref, ips=seen.ips if seen else ())
    return End(
        ref=pod.ref,
        ips=seen.ips if seen else (),
        namespace=pod.namespace,
        labels=pod.labels,
        namespace_labels=turn.labels_of_namespace(pod.namespace),
        ports=tuple(NamedPort(p.name, p.number, p.protocol) for p in seen.ports) if seen else (),
    )


def _names_addresses(policy: NetworkPolicy) -> bool:
    return any(peer.ip_block for rule in (*policy.ingress, *policy.egress) for peer in rule.peers)
