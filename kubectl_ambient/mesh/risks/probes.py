"""Probes that NetworkPolicies shut out in ambient mode.

Kubernetes lets a node speak to its own pods, whatever policies say. In ambient mode the node's connections come from
169.254.7.127 or its IPv6 fellow [istio cni/pkg/iptables `HostProbeSNATIP`], which a network plugin may not know for the
node.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.network_facts import NetworkPolicy, PodOnNetwork
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.network.packets import PROBES, End, Packet
from kubectl_ambient.mesh.network.ruling import Ruling, ingress
from kubectl_ambient.mesh.risks.alike import end_of
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.mesh.risks.risk import Risk
from kubectl_ambient.mesh.risks.turn import Turn
from kubectl_ambient.mesh.selectors import as_text


def shut_out(turn: Turn) -> Iterator[Risk]:
    """The probes of pods that come in, which no policy on them admits from where they come then."""
    hit: dict[str, Evidence] = {}
    isolating: dict[str, NetworkPolicy] = {}
    for pod in turn.entering:
        policies = [p for p in turn.after.network_policies if p.namespace == pod.namespace]
        seen = turn.on_network(pod)
        if not policies or seen is None:
            continue
        address = _address(seen)
        for port, evidence in _asked(pod, seen).items():
            ruling = _ruling(turn, pod, policies, address, port)
            if ruling.allowed is False:
                hit[f"{address} -> {pod.ref}:{port}"] = evidence
                isolating |= {policy.ref: policy for policy in ruling.by}
    if hit:
        names = [f"{policy.namespace}/{policy.name}" for policy in isolating.values()]
        what = f"NetworkPolicy {names[0]} admits" if len(names) == 1 else f"NetworkPolicies {few(names)} admit"
        probes = "1 probe" if len(hit) == 1 else f"{len(hit)} probes"
        yield Risk.of(
            RiskCode.NETWORK_POLICY_BLOCKS_PROBES,
            f"{what} no connection from {PROBES[0]}, from where {probes} of the kubelet would come: pods would turn"
            " unready where the network plugin does not know that address for the node's",
            *(Evidence(policy.ref, "spec.podSelector", as_text(policy.pod_selector)) for policy in isolating.values()),
            *hit.values(),
            affects=hit,
            remedy=f"admit ipBlock {PROBES[0]}/32 (and {PROBES[1]}/128 for IPv6) by an ingress rule",
        )


def _asked(pod: Pod, seen: PodOnNetwork) -> dict[int, Evidence]:
    """The ports that probes connect to, each with the first of them."""
    named = {port.name: port.number for port in seen.ports if port.name}
    found: dict[int, Evidence] = {}
    for probe in seen.probes:
        number = named.get(probe.port) if isinstance(probe.port, str) else probe.port
        if number:
            found.setdefault(number, Evidence(pod.ref, probe.field, str(probe.port)))
    return found


def _address(seen: PodOnNetwork) -> str:
    """The one that the kubelet's connections come from: it asks the first address of the pod."""
    return PROBES[1] if seen.ips and ":" in seen.ips[0] else PROBES[0]


def _ruling(turn: Turn, pod: Pod, policies: list[NetworkPolicy], address: str, port: int) -> Ruling:
    return ingress(policies, Packet(End(ref=address, ips=(address,)), end_of(turn, pod), port))
