"""What NetworkPolicies say of a packet, at the end that sends it and at the one that receives it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from kubectl_ambient.cluster.network_facts import NetworkPolicy
from kubectl_ambient.mesh.answers import Answer, any_of
from kubectl_ambient.mesh.network.matching import about
from kubectl_ambient.mesh.network.packets import End, Packet
from kubectl_ambient.mesh.selectors import matches


class Ruling(Struct, frozen=True, gc=False):
    """Whether policies let a packet pass in one direction: None where it cannot be told.

    `by` are the policies that decide: the one whose rule lets it through, or all of those that isolate the pod and
    have no such rule. Empty where no policy isolates the pod, and so all may pass.
    """

    allowed: Answer
    by: tuple[NetworkPolicy, ...] = ()


def egress(policies: Sequence[NetworkPolicy], packet: Packet) -> Ruling:
    """Whether the policies on who sends let the packet go.

    policies: all of the sender's namespace; those of others are passed over.
    """
    isolating = _isolating(policies, packet.source, "Egress")
    return _ruling([(policy, _lets(policy, "Egress", packet.destination, packet)) for policy in isolating])


def ingress(policies: Sequence[NetworkPolicy], packet: Packet) -> Ruling:
    """Whether the policies on who receives let the packet come.

    policies: all of the receiver's namespace; those of others are passed over.
    """
    isolating = _isolating(policies, packet.destination, "Ingress")
    return _ruling([(policy, _lets(policy, "Ingress", packet.source, packet)) for policy in isolating])


def _isolating(policies: Sequence[NetworkPolicy], end: End, direction: str) -> list[NetworkPolicy]:
    labels = end.labels
    if labels is None:
        return []
    return [
        policy
        for policy in policies
        if policy.namespace == end.namespace and direction in policy.isolates and matches(policy.pod_selector, labels)
    ]


def _lets(policy: NetworkPolicy, direction: str, other: End, packet: Packet) -> Answer:
    rules = policy.egress if direction == "Egress" else policy.ingress
    return any_of(about(rule, policy.namespace, other, packet) for rule in rules)


def _ruling(said: list[tuple[NetworkPolicy, Answer]]) -> Ruling:
    if not said:
        return Ruling(allowed=True)
    allowed = any_of(answer for _policy, answer in said)
    return Ruling(allowed=allowed, by=tuple(policy for policy, answer in said if answer == allowed))
