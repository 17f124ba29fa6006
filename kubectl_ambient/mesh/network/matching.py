"""Whether a rule of a NetworkPolicy is about a packet. None: it cannot be told, as something was not read.

Source: the API's own documentation of each field [k8s.io/api/networking/v1/types.go]; what it leaves to the network
plugin (whether an ipBlock is also about pods) is answered as most plugins do: an address is an address.
"""

from __future__ import annotations

import ipaddress

from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.cluster.network_facts import IPBlock, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicyRule
from kubectl_ambient.mesh.answers import Answer, any_of
from kubectl_ambient.mesh.network.packets import End, Packet
from kubectl_ambient.mesh.selectors import matches


def about(rule: NetworkPolicyRule, namespace: str, other: End, packet: Packet) -> Answer:
    """Whether the rule of a policy in this namespace lets the packet through, whose other end this is."""
    if not _any_port(rule.ports, packet):
        return False
    if not rule.peers:
        return True
    return any_of(_is_peer(peer, namespace, other) for peer in rule.peers)


def _any_port(ports: tuple[NetworkPolicyPort, ...], packet: Packet) -> bool:
    return not ports or any(_is_port(port, packet) for port in ports)


def _is_port(port: NetworkPolicyPort, packet: Packet) -> bool:
    if port.protocol != packet.protocol:
        return False
    match port.port:
        case None:
            return True
        case str() as name:
            # A name is one of the pod that receives, in both directions.
            return any(
                named.name == name and named.number == packet.port and named.protocol == packet.protocol
                for named in packet.destination.ports
            )
        case number if port.end_port is not None:
            return number <= packet.port <= port.end_port
        case number:
            return number == packet.port


def _is_peer(peer: NetworkPolicyPeer, namespace: str, other: End) -> Answer:
    if peer.ip_block is not None:
        return _in_block(peer.ip_block, other.ips)
    if other.labels is None or (peer.pod_selector is None and peer.namespace_selector is None):
        return False
    if peer.pod_selector is not None and not matches(peer.pod_selector, other.labels):
        return False
    if peer.namespace_selector is None:
        return other.namespace == namespace
    if peer.namespace_selector.empty:
        return True
    if isinstance(other.namespace_labels, Unread) or other.namespace_labels is None:
        return None
    return matches(peer.namespace_selector, other.namespace_labels)


def _in_block(block: IPBlock, ips: tuple[str, ...]) -> Answer:
    if not ips:
        return None
    return any(_within(ip, block.cidr) and not any(_within(ip, cidr) for cidr in block.except_) for ip in ips)


def _within(ip: str, cidr: str) -> bool:
    try:
        return ipaddress.ip_address(ip) in ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return False
