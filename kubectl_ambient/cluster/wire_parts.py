"""The parts of Kubernetes' JSON that several kinds share: metadata, selectors, the spec and status of a pod."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Annotated, cast

from msgspec import Meta, Struct, field

from kubectl_ambient.cluster import facts
from kubectl_ambient.kube.protobuf.hints import first_of_type, only_with, tells

# metav1.Time: RFC 3339, always with a zone.
Time = Annotated[datetime, Meta(tz=True)] | None
# A map of texts, as labels. A null in it is the empty text, as in Go.
Texts = dict[str, str | None] | None

# What a container waits for while its pod has no sandbox; `ErrImagePull` and the like come after that.
_WAITS_FOR_SANDBOX = ("", "ContainerCreating", "PodInitializing")


class Wire(Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """Base of all wire types."""


def texts(found: Texts) -> dict[str, str]:
    """A map of texts without nulls; empty where there is none."""
    if not found:
        return {}
    if None in found.values():
        return {key: value or "" for key, value in found.items()}
    return cast(dict[str, str], found)


class Annotations(facts.Annotations, frozen=True):
    """The annotations that decide something. A null one counts as absent."""

    mirror: str | None = field(default=None, name="kubernetes.io/config.mirror")
    canary_weight: str | None = field(default=None, name="istio.io/use-waypoint-canary-weight")
    inbound_binding: str | None = field(default=None, name="ambient.istio.io/waypoint-inbound-binding")
    helm_release: str | None = field(default=None, name="meta.helm.sh/release-name")

    def fact(self) -> facts.Annotations:
        """Those that the rules look at."""
        return facts.Annotations(
            redirection=self.redirection,
            sidecar_status=self.sidecar_status,
            inject=self.inject,
            inject_templates=self.inject_templates,
            bypass_inbound_capture=self.bypass_inbound_capture,
            dns_capture=self.dns_capture,
            dataplane_mode=self.dataplane_mode,
        )


NO_ANNOTATIONS = Annotations()


# Kubernetes' own kinds that own pods. Others have kinds of these names too, as apps.kruise.io a StatefulSet.
_GROUPS = {
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"), ("apps", "extensions")),
    **dict.fromkeys(("Job", "CronJob"), ("batch",)),
    **dict.fromkeys(("ReplicationController", "Node"), ()),
}


@lru_cache(maxsize=256)
def _kind_of_owner(kind: str, api_version: str) -> str:
    group = api_version.rpartition("/")[0]
    return f"{kind}.{group}" if group and group not in _GROUPS.get(kind, (group,)) else kind


class OwnerReference(Wire, frozen=True):
    """`metadata.ownerReferences[]`."""

    kind: str
    name: str
    api_version: str | None = None
    controller: bool | None = None

    def fact(self) -> facts.Owner:
        """The owner, its kind with the group where that is not the one of Kubernetes' own kind of that name."""
        return facts.Owner(kind=_kind_of_owner(self.kind, self.api_version or ""), name=self.name)


class Metadata(Wire, frozen=True):
    """`metadata` of an object, or of a pod template (which has no name)."""

    name: str | None = None
    namespace: str | None = None
    labels: Texts = None
    annotations: Annotations | None = None
    owner_references: list[OwnerReference] | None = None
    creation_timestamp: Time = None
    deletion_timestamp: Time = None

    @tells("owner_references")
    def owner(self) -> facts.Owner | None:
        """The owner that is its controller, else the first one, else None."""
        references = self.owner_references
        if not references:
            return None
        return next((r for r in references if r.controller), references[0]).fact()

    @tells("annotations")
    def decisive(self) -> tuple[facts.Annotations, bool]:
        """The annotations that the rules look at, and whether it is the mirror of what a kubelet runs by itself."""
        found = self.annotations
        return (found.fact(), found.mirror is not None) if found else (facts.NO_ANNOTATIONS, False)


class Object(Wire, frozen=True, kw_only=True):
    """What every object begins with; in a list of one kind, the server leaves the kind out."""

    kind: str | None = None
    metadata: Metadata

    @property
    def name(self) -> str:
        """`metadata.name`."""
        return self.metadata.name or ""

    @property
    def namespace(self) -> str:
        """`metadata.namespace`; empty where it has none."""
        return self.metadata.namespace or ""


class Requirement(Wire, frozen=True):
    """`matchExpressions[]` of a selector."""

    key: str | None = None
    operator: str | None = None
    values: list[str] | None = None

    def fact(self) -> facts.Requirement:
        """The flat expression."""
        return facts.Requirement(key=self.key or "", operator=self.operator or "", values=tuple(self.values or ()))


class Selector(Wire, frozen=True):
    """A LabelSelector."""

    match_labels: Texts = None
    match_expressions: list[Requirement] | None = None

    def fact(self) -> facts.LabelSelector:
        """The flat selector; without requirements it matches everything."""
        return facts.LabelSelector(
            match_labels=texts(self.match_labels),
            match_expressions=tuple(r.fact() for r in self.match_expressions or ()),
        )


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


class Container(Wire, frozen=True):
    """`containers[]` of a pod."""

    name: str | None = None
    image: str | None = None
    command: list[str] | None = None
    args: list[str] | None = None
    env: list[Env] | None = None
    env_from: list[Present] | None = None

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


class OperatingSystem(Wire, frozen=True):
    """`spec.os` of a pod."""

    name: str | None = None


class Toleration(Wire, frozen=True):
    """`spec.tolerations[]` of a pod."""

    key: str | None = None
    operator: str | None = None
    value: str | None = None
    effect: str | None = None

    def fact(self) -> facts.Toleration:
        """The flat toleration."""
        return facts.Toleration(
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

    @tells("init_containers")
    def native_sidecar(self) -> bool:
        """Whether `istio-proxy` is an init container that is kept running."""
        if not self.init_containers:
            return False
        return any(c.name == "istio-proxy" and c.restart_policy == "Always" for c in self.init_containers)

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


class PodStatus(Wire, frozen=True):
    """`status` of a pod."""

    phase: str | None = None
    reason: str | None = None
    pod_ip: str | None = field(default=None, name="podIP")
    pod_ips: list[Present] | None = field(default=None, name="podIPs")
    start_time: Time = None
    conditions: list[Condition] | None = None
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None

    @first_of_type("conditions", "Ready")
    def ready(self) -> Condition | None:
        """The condition Ready; None where there is none."""
        return self._condition("Ready")

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
