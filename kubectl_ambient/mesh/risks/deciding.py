"""NetworkPolicies that decide about connections, in words: which they are, what stands in them, what opens them."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.cluster.facts import LabelSelector
from kubectl_ambient.cluster.network_facts import (
    NetworkPolicy,
    NetworkPolicyPeer,
    NetworkPolicyPort,
    NetworkPolicyRule,
)
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.network.packets import HBONE
from kubectl_ambient.mesh.selectors import as_text
from kubectl_ambient.shell.command import Command, chain, kubectl, offered
from kubectl_ambient.shell.words import inside, name, patch

Deciding = tuple[tuple[str, NetworkPolicy], ...]
"""Policies, each with the direction in which it decides."""
Entries = dict[tuple[str, str], set[str]]
"""Rules of policies (`ingress/0`), by the namespace and the name of these."""


def names(deciding: Deciding) -> str:
    """The policies as the subject of a sentence."""
    told = list(dict.fromkeys(f"{policy.namespace}/{policy.name}" for _way, policy in deciding))
    return f"NetworkPolicy {told[0]}" if len(told) == 1 else f"NetworkPolicies {few(told)}"


def verb(deciding: Deciding, words: str) -> str:
    """The words of many, or of one."""
    first, _, rest = words.replace(" do not ", " does not ").partition(" ")
    return words if len({policy.ref for _way, policy in deciding}) > 1 else f"{first}s {rest}"


def connections(count: int) -> str:
    """How many connections."""
    return "1 connection" if count == 1 else f"{count} connections"


def rules_of(way: str, policy: NetworkPolicy) -> tuple[NetworkPolicyRule, ...]:
    """Its rules for this direction."""
    return policy.egress if way == "egress" else policy.ingress


def ports(way: str, policy: NetworkPolicy) -> Evidence:
    """The ports that the policy lets through in this direction."""
    value = "; ".join(f"[{number}] {_ports(rule)}" for number, rule in enumerate(rules_of(way, policy)))
    return Evidence(policy.ref, f"spec.{way}[].ports", value or None)


def peers(way: str, policy: NetworkPolicy) -> Iterator[Evidence]:
    """To or from whom its rules let that through; nothing where none of them names anybody."""
    found = rules_of(way, policy)
    if any(rule.peers for rule in found):
        value = "; ".join(f"[{number}] {_peers(rule)}" for number, rule in enumerate(found))
        yield Evidence(policy.ref, f"spec.{way}[].{'to' if way == 'egress' else 'from'}", value)


def _peers(rule: NetworkPolicyRule) -> str:
    return ", ".join(map(_peer, rule.peers)) or "everybody"


def _peer(peer: NetworkPolicyPeer) -> str:
    if peer.ip_block is not None:
        apart = f" except {', '.join(peer.ip_block.except_)}" if peer.ip_block.except_ else ""
        return f"{peer.ip_block.cidr}{apart}"
    if peer.namespace_selector is None:
        return _chosen("pods", peer.pod_selector)
    homes = _chosen("namespaces", peer.namespace_selector)
    return homes if peer.pod_selector is None else f"{_chosen('pods', peer.pod_selector)} of {homes}"


def _chosen(what: str, selector: LabelSelector | None) -> str:
    return f"all {what}" if selector is None or selector.empty else f"{what} {as_text(selector)}"


def _ports(rule: NetworkPolicyRule) -> str:
    return ", ".join(map(_port, rule.ports)) or "every port"


def _port(port: NetworkPolicyPort) -> str:
    if port.port is None:
        return port.protocol
    last = f"-{port.end_port}" if port.end_port is not None else ""
    return f"{port.protocol} {port.port}{last}"


def open_hbone(entries: Entries) -> Command | None:
    """Add TCP 15008 to the ports of these rules; None where there are none, or it cannot be written as a command."""
    entry = {"protocol": "TCP", "port": HBONE}
    commands = [
        kubectl(
            "patch networkpolicy",
            name(policy),
            *inside(namespace),
            "--type=json -p",
            patch([{"op": "add", "path": f"/spec/{rule}/ports/-", "value": entry} for rule in sorted(found)]),
        )
        for (namespace, policy), found in sorted(entries.items())
        if found
    ]
    return offered(chain(*commands)) if commands else None
