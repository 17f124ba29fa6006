"""What pods and pod templates hold on the wire, as far as it is wanted."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import field

from kubectl_ambient.cluster import facts, installation_facts, network_facts
from kubectl_ambient.cluster.wire_parts import Requirement, Texts, Time, Wire
from kubectl_ambient.kube.protobuf.hints import first_of_type, only_with, tells

# What a container waits for while its pod has no sandbox; `ErrImagePull` and the like come after that.
_WAITS_FOR_SANDBOX = ("", "ContainerCreating", "PodInitializing")


class ConfigMapKeyRef(Wire, frozen=True):
    """`env[].valueFrom.configMapKeyRef`."""

    key: str | None = None


class ValueFrom(Wire, frozen=True):
    """`env[].valueFrom`."""

    config_map_key_ref: ConfigMapKeyRef | None = None


class Env(Wire, frozen=True):
    """`env[]` of a container."""

    name: str
    value: str | None = None
    value_from: ValueFrom | None = None

    def fact(self) -> facts.EnvVar:
        """The variable. A literal that is left out is the empty text."""
        if self.value_from is None:
            return facts.EnvVar(name=self.name, value=self.value or "")
        ref = self.value_from.config_map_key_ref
        return facts.EnvVar(name=self.name, config_map_key=(ref.key or None) if ref else None)


class Present(Wire, frozen=True):
    """An object of which only counts that it is there."""


class ContainerPort(Wire, frozen=True):
    """`ports[]` of a container."""

    name: str | None = None
    container_port: int | None = None
    protocol: str | None = None


class OnPort(Wire, frozen=True):
    """What a probe asks: `httpGet`, `tcpSocket` or `grpc`."""

    port: int | str | None = None


class GRPCOnPort(Wire, frozen=True):
    """`grpc` of a probe, whose port has no name."""

    port: int | None = None


class ProbeHandler(Wire, frozen=True):
    """What a probe asks: of a container's process (`exec`) it is none of these."""

    http_get: OnPort | None = None
    tcp_socket: OnPort | None = None
    grpc: GRPCOnPort | None = None


class Probe(ProbeHandler, frozen=True):
    """A probe. In protobuf its handler stands by itself, in JSON the handler's fields are its own."""

    handler: ProbeHandler | None = None

    def port(self) -> int | str | None:
        """The port that it connects to, or its name; None where it connects to none."""
        asked = self.handler or self
        found = asked.http_get or asked.tcp_socket or asked.grpc
        return found.port if found is not None else None


class Container(Wire, frozen=True):
    """`containers[]` of a pod."""

    name: str | None = None
    image: str | None = None
    command: list[str] | None = None
    args: list[str] | None = None
    env: list[Env] | None = None
    env_from: list[Present] | None = None
    ports: list[ContainerPort] | None = None
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None

    def fact(self) -> facts.AgentContainer:
        """Its image and environment."""
        return facts.AgentContainer(
            image=self.image or "", env=tuple(e.fact() for e in self.env or ()), env_from=bool(self.env_from)
        )

    def proxy(self) -> facts.Proxy | None:
        """What it is where its command line is `proxy router` or `proxy waypoint` [pilot/cmd/pilot-agent, proxy]."""
        words = [*(self.command or ())[1:], *(self.args or ())][:2]
        if words not in (["proxy", "router"], ["proxy", "waypoint"]):
            return None
        return facts.Proxy(container=self.name or "", role=words[1])


class InitContainer(Wire, frozen=True):
    """`initContainers[]` of a pod."""

    name: str | None = None
    restart_policy: str | None = None
    ports: list[ContainerPort] | None = None

    def stays(self) -> bool:
        """Whether it is kept running beside the others."""
        return self.restart_policy == "Always"


class OperatingSystem(Wire, frozen=True):
    """`spec.os` of a pod."""

    name: str | None = None


class Toleration(Wire, frozen=True):
    """`spec.tolerations[]` of a pod."""

    key: str | None = None
    operator: str | None = None
    value: str | None = None
    effect: str | None = None

    def fact(self) -> installation_facts.Toleration:
        """The flat toleration."""
        return installation_facts.Toleration(
            key=self.key or "", operator=self.operator or "Equal", value=self.value or "", effect=self.effect or ""
        )


class NodeSelectorTerm(Wire, frozen=True):
    """`nodeSelectorTerms[]`: all of its expressions have to match; a term without any matches nothing."""

    match_expressions: list[Requirement] | None = None
    match_fields: list[Requirement] | None = None

    def facts(self) -> tuple[facts.Requirement, ...]:
        """The expressions; of a field the key is `metadata.name`, which no label has."""
        return tuple(r.fact() for r in (*(self.match_expressions or ()), *(self.match_fields or ())))


class NodeSelector(Wire, frozen=True):
    """`requiredDuringSchedulingIgnoredDuringExecution` of a node affinity."""

    node_selector_terms: list[NodeSelectorTerm] | None = None


class NodeAffinity(Wire, frozen=True):
    """`affinity.nodeAffinity`."""

    required: NodeSelector | None = field(default=None, name="requiredDuringSchedulingIgnoredDuringExecution")


class Affinity(Wire, frozen=True):
    """`spec.affinity` of a pod."""

    node_affinity: NodeAffinity | None = None

    def facts(self) -> tuple[tuple[facts.Requirement, ...], ...] | None:
        """The terms of the required node affinity; None where it asks for none."""
        required = self.node_affinity.required if self.node_affinity else None
        return None if required is None else tuple(term.facts() for term in required.node_selector_terms or ())


class PodSpec(Wire, frozen=True):
    """`spec` of a pod."""

    node_name: str | None = None
    service_account_name: str | None = None
    host_network: bool | None = None
    os: OperatingSystem | None = None
    node_selector: Texts = None
    containers: list[Container] | None = None
    init_containers: list[InitContainer] | None = None

    def first_container(self) -> facts.AgentContainer | None:
        """Image and environment of the first container; None where there is none."""
        return self.containers[0].fact() if self.containers else None

    @only_with("containers", "proxy")
    def proxy(self) -> facts.Proxy | None:
        """The first container that is a gateway or a waypoint by its command line; None where there is none."""
        return next((found for c in self.containers or () if (found := c.proxy()) is not None), None)

    def ports(self) -> Iterator[network_facts.ContainerPort]:
        """The ports that containers declare, those of sidecars among them."""
        staying = (container for container in self.init_containers or () if container.stays())
        for container in (*(self.containers or ()), *staying):
            for port in container.ports or ():
                yield network_facts.ContainerPort(
                    name=port.name or "", number=port.container_port or 0, protocol=port.protocol or "TCP"
                )

    def probes(self) -> Iterator[network_facts.Probe]:
        """The probes that connect to the pod."""
        for container in self.containers or ():
            kinds = {
                "startupProbe": container.startup_probe,
                "livenessProbe": container.liveness_probe,
                "readinessProbe": container.readiness_probe,
            }
            for name, probe in kinds.items():
                port = probe.port() if probe is not None else None
                if port is not None:
                    yield network_facts.Probe(field=f"spec.containers[{container.name or ''}].{name}", port=port)

    @tells("init_containers")
    def native_sidecar(self) -> bool:
        """Whether `istio-proxy` is an init container that is kept running."""
        if not self.init_containers:
            return False
        return any(c.name == "istio-proxy" and c.stays() for c in self.init_containers)

    def windows_field(self) -> str:
        """The field that asks for Windows; empty where none does."""
        if self.os is not None and self.os.name == "windows":
            return "spec.os.name"
        if self.node_selector is not None and self.node_selector.get(facts.OS_LABEL) == "windows":
            return f"spec.nodeSelector[{facts.OS_LABEL}]"
        return ""


class TemplateSpec(PodSpec, frozen=True):
    """`spec` of a pod template: with what keeps its pods from nodes."""

    tolerations: list[Toleration] | None = None
    affinity: Affinity | None = None


class Condition(Wire, frozen=True):
    """`status.conditions[]`."""

    type: str | None = None
    status: str | None = None
    last_transition_time: Time = None
    reason: str | None = None
    message: str | None = None


class Waiting(Wire, frozen=True):
    """`state.waiting` of a container."""

    reason: str | None = None


class ContainerState(Wire, frozen=True):
    """`state` or `lastState` of a container."""

    waiting: Waiting | None = None
    running: Present | None = None
    terminated: Present | None = None

    def has_started(self) -> bool:
        """Whether the container ran, or waits for something that comes after its pod's sandbox."""
        if self.running is not None or self.terminated is not None:
            return True
        return self.waiting is not None and (self.waiting.reason or "") not in _WAITS_FOR_SANDBOX


class ContainerStatus(Wire, frozen=True):
    """`status.containerStatuses[]`."""

    state: ContainerState | None = None
    last_state: ContainerState | None = None

    def has_started(self) -> bool:
        """Whether it runs, ran before, or could run now (its pod's sandbox is there)."""
        return any(state is not None and state.has_started() for state in (self.state, self.last_state))


class PodIP(Wire, frozen=True):
    """`podIPs[]` of a pod."""

    ip: str | None = None


class PodStatus(Wire, frozen=True):
    """`status` of a pod."""

    phase: str | None = None
    reason: str | None = None
    pod_ip: str | None = field(default=None, name="podIP")
    pod_ips: list[PodIP] | None = field(default=None, name="podIPs")
    start_time: Time = None
    conditions: list[Condition] | None = None
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None

    @first_of_type("conditions", "Ready")
    def ready(self) -> Condition | None:
        """The condition Ready; None where there is none."""
        return self._condition("Ready")

    def has_sandbox_since(self) -> datetime | None:
        """Since when containers can be started in it; None where that is not told."""
        found = self._condition("PodReadyToStartContainers")
        return found.last_transition_time if found is not None and found.status == "True" else None

    def unscheduled(self) -> str:
        """What the scheduler says of it in PodScheduled=False; empty where it says nothing."""
        if self.phase not in (None, "Pending"):
            return ""
        found = self._condition("PodScheduled")
        return (found.message or found.reason or "") if found is not None and found.status == "False" else ""

    def _condition(self, type_: str) -> Condition | None:
        return next((c for c in self.conditions or () if c.type == type_), None)

    def waits_for_sandbox(self) -> bool:
        """Whether it is Pending and no container ever started (ContainerCreating)."""
        if self.phase != "Pending":
            return False
        statuses = (*(self.container_statuses or ()), *(self.init_container_statuses or ()))
        return not any(status.has_started() for status in statuses)
