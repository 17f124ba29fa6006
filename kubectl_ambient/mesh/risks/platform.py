"""Settings of the platform with which ambient mode does not work, or not whole, as far as an object tells them.

Sources: what `istioctl install` checks of Cilium and Calico [operator/pkg/apis/validation/validation.go], and what
Calico's load balancing at connect time does to waypoints [istio/istio#55481]; of OVN-Kubernetes, what OpenShift Service
Mesh asks for before ambient mode is installed [openshift-docs modules/ossm-installing-istio-ambient-mode.adoc]; of
Amazon's VPC CNI, Istio's prerequisites [istio.io ambient/install/platform-prerequisites] and the plugin's README.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, structs

from kubectl_ambient.cluster.caller_facts import ClusterNetwork, FelixConfiguration
from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.installation_facts import ConfigMap, DaemonSet
from kubectl_ambient.mesh.evidence import Evidence, annotation
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.mesh.risks.risk import Risk
from kubectl_ambient.mesh.risks.strict import pods
from kubectl_ambient.mesh.risks.turn import Turn

_BRANCH = "vpc.amazonaws.com/pod-eni"
_MODE = "POD_SECURITY_GROUP_ENFORCING_MODE"
_CONNECT_TIME = "bpfConnectTimeLoadBalancing"
_VIA_HOST = "spec.defaultNetwork.ovnKubernetesConfig.gatewayConfig.routingViaHost"


class Fault(Struct, frozen=True, gc=False):
    """A setting that stands in the way: what it does, as the rest of a sentence, and what helps."""

    why: str
    remedy: str
    evidence: tuple[Evidence, ...]


def cilium(turn: Turn) -> Iterator[Risk]:
    """What Cilium is set to, where pods come in."""
    for config in turn.after.cilium_config:
        yield from _risks(RiskCode.CILIUM_SETTINGS, cilium_faults(config), turn.entering)


def calico(turn: Turn) -> Iterator[Risk]:
    """Calico's eBPF, where pods come in: they are the ones whose connections ztunnel does not know any more."""
    for config in turn.after.felix_configurations:
        yield from _risks(RiskCode.CALICO_SETTINGS, calico_faults(config), turn.entering)


def ovn_kubernetes(turn: Turn) -> Iterator[Risk]:
    """OVN-Kubernetes' gateway mode, where pods with probes come in."""
    for network in turn.after.cluster_networks:
        probed = [pod for pod in turn.entering if (seen := turn.on_network(pod)) is not None and seen.probes]
        yield from _risks(RiskCode.OVN_GATEWAY_MODE, ovn_kubernetes_faults(network), probed)


def vpc_cni(turn: Turn) -> Iterator[Risk]:
    """Security groups for pods, where pods with probes come in that have an interface of their own for them."""
    for daemonset in turn.after.vpc_cni_daemonsets:
        seen = [(pod, turn.on_network(pod)) for pod in turn.entering]
        hit = {pod.ref: (pod, on.branch_interface) for pod, on in seen if on and on.branch_interface and on.probes}
        evidence = tuple(annotation(ref, _BRANCH, value) for ref, (_, value) in hit.items())
        faults = (structs.replace(f, evidence=(*f.evidence, *evidence)) for f in vpc_cni_faults(daemonset))
        yield from _risks(RiskCode.SECURITY_GROUPS_FOR_PODS, faults, [pod for pod, _ in hit.values()])


def cilium_faults(config: ConfigMap) -> Iterator[Fault]:
    """The keys of Cilium's settings that stand in the way."""
    for key, why, remedy in _wrong(config.data):
        yield Fault(
            f"Cilium {why}",
            f"{remedy} in the values of its chart",
            (Evidence(config.ref, f"data[{key}]", config.data.get(key)),),
        )


def calico_faults(config: FelixConfiguration) -> Iterator[Fault]:
    """Load balancing at connect time, of which eBPF has it unless it is told not to; of iptables it means nothing.

    The older switch alone, turned off, is heeded by some versions and not by others: of that nothing is told.
    """
    if not config.ebpf or config.connect_time == "Disabled":
        return
    if config.connect_time is None and config.connect_time_enabled is False:
        return
    field, value = f"spec.{_CONNECT_TIME}", config.connect_time
    if value is None and config.connect_time_enabled:
        field, value = f"{field}Enabled", "true"
    yield Fault(
        "Calico's eBPF picks the pod behind a Service before ztunnel sees the connection, which then passes the"
        " waypoint by",
        f"set {_CONNECT_TIME} to Disabled",
        (Evidence(config.ref, "spec.bpfEnabled", "true"), Evidence(config.ref, field, value)),
    )


def ovn_kubernetes_faults(network: ClusterNetwork) -> Iterator[Fault]:
    """The shared gateway mode; a network that configures no gateway may have its mode from elsewhere."""
    if network.type == "OVNKubernetes" and network.gateway and not network.via_host:
        value = None if network.via_host is None else "false"
        yield Fault(
            "OVN-Kubernetes is in shared gateway mode, in which probes from 169.254.7.127 do not get through",
            "set routingViaHost of its gatewayConfig to true",
            (Evidence(network.ref, _VIA_HOST, value),),
        )


def vpc_cni_faults(daemonset: DaemonSet) -> Iterator[Fault]:
    """The strict mode of security groups for pods, which is the default; of a mode that is set elsewhere, nothing."""
    container = daemonset.container
    variables = {variable.name: variable.value for variable in container.env} if container else {}
    mode = variables.get(_MODE, "" if container and container.env_from else "strict")
    if variables.get("ENABLE_POD_ENI") == "true" and mode == "strict":
        env = "spec.template.spec.containers[0].env"
        yield Fault(
            "Amazon's VPC CNI enforces security groups for pods strictly, and drops probes from 169.254.7.127",
            f"set {_MODE} of DaemonSet {daemonset.name} to standard, and restart these pods",
            (
                Evidence(daemonset.ref, f"{env}[ENABLE_POD_ENI]", "true"),
                Evidence(daemonset.ref, f"{env}[{_MODE}]", variables.get(_MODE)),
            ),
        )


def _risks(code: RiskCode, faults: Iterator[Fault], movers: Sequence[Pod]) -> Iterator[Risk]:
    for fault in faults if movers else ():
        yield Risk.of(
            code,
            f"{fault.why}, for {pods(movers)} that would come in",
            *fault.evidence,
            affects=[pod.ref for pod in movers],
            remedy=fault.remedy,
        )


def _wrong(data: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
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
