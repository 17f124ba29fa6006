"""Settings of the platform with which ambient mode does not work, or not whole, as far as an object tells them.

Source: what `istioctl install` checks of Cilium [operator/pkg/apis/validation/validation.go].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.mesh.risks.risk import Risk
from kubectl_ambient.mesh.risks.strict import pods
from kubectl_ambient.mesh.risks.turn import Turn


def cilium(turn: Turn) -> Iterator[Risk]:
    """What Cilium is set to, where pods come in."""
    for config in turn.after.cilium_config if turn.entering else ():
        for key, why, remedy in cilium_faults(config.data):
            yield Risk.of(
                RiskCode.CILIUM_SETTINGS,
                f"Cilium {why}, for {pods(turn.entering)} that would come in",
                Evidence(config.ref, f"data[{key}]", config.data.get(key)),
                affects=[pod.ref for pod in turn.entering],
                remedy=remedy,
            )


def cilium_faults(data: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """The keys that stand in the way, each with what it does and what helps."""
    if data.get("cni-exclusive") == "true":
        yield "cni-exclusive", "removes other CNI plugins, so that istio-cni's is not called", "set cni.exclusive=false"
    if data.get("enable-bpf-masquerade") == "true":
        yield (
            "enable-bpf-masquerade",
            "masquerades by eBPF, which does not let probes from 169.254.7.127 through",
            "set bpf.masquerade=false",
        )
    if data.get("bpf-lb-sock") == "true" and data.get("bpf-lb-sock-hostns-only") != "true":
        yield (
            "bpf-lb-sock",
            "picks the pod behind a Service before ztunnel sees the connection, which then passes the waypoint by",
            "set socketLB.hostNamespaceOnly=true",
        )
