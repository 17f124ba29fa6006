"""Kubernetes' JSON, in its nested shape and with just the needed fields, for msgspec to decode.

Each kind has a type here, and `fact()` (or a method named for the fact) makes it flat. Fields that are not named
are skipped. A null counts as absent, as in Go; a value of another type raises msgspec.ValidationError, which
names the field. Kinds of which only Istio's own objects matter stand in `wire_istio`, the parts that both share
in `wire_parts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from kubectl_ambient.cluster import facts
from kubectl_ambient.cluster.wire_parts import (
    Condition,
    Metadata,
    Object,
    PodSpec,
    PodStatus,
    Selector,
    Texts,
    Time,
    Wire,
    texts,
)

CNI_LABEL = ("k8s-app", "istio-cni-node")
ZTUNNEL_LABEL = ("app", "ztunnel")
ISTIOD_LABEL = ("app", "istiod")

_NO_SPEC = PodSpec()
_NO_STATUS = PodStatus()
_NO_METADATA = Metadata()


class Pod(Object, frozen=True):
    """A Pod."""

    spec: PodSpec | None = None
    status: PodStatus | None = None

    def fact(self) -> facts.Pod:
        """The flat pod; image and environment only of the agents (istio-cni, ztunnel)."""
        metadata, spec, status = self.metadata, self.spec or _NO_SPEC, self.status or _NO_STATUS
        annotations = metadata.annotations
        labels = texts(metadata.labels)
        ready = status.ready()
        return facts.Pod(
            namespace=metadata.namespace or "",
            name=metadata.name or "",
            labels=labels,
            annotations=annotations.fact() if annotations else facts.NO_ANNOTATIONS,
            owner=metadata.owner(),
            node=spec.node_name or "",
            host_network=bool(spec.host_network),
            windows=spec.windows(),
            phase=status.phase or "",
            reason=status.reason or "",
            has_ip=bool(status.pod_ip or status.pod_ips),
            ready=ready is not None and ready.status == "True",
            ready_since=ready.last_transition_time if ready else None,
            created=metadata.creation_timestamp,
            started=status.start_time,
            deleting=metadata.deletion_timestamp,
            mirror=annotations is not None and annotations.mirror is not None,
            native_sidecar=spec.native_sidecar(),
            creating=bool(spec.node_name) and status.waits_for_sandbox(),
            agent=spec.first_container() if is_agent(labels) else None,
        )


def is_agent(labels: dict[str, str]) -> bool:
    """Whether these are the labels of an istio-cni or a ztunnel pod."""
    return has_label(labels, CNI_LABEL) or has_label(labels, ZTUNNEL_LABEL)


def has_label(labels: Mapping[str, str], label: tuple[str, str]) -> bool:
    """Whether the label, a key and its value, is among these."""
    return labels.get(label[0]) == label[1]


class Namespace(Object, frozen=True):
    """A Namespace, of which the metadata is enough."""

    def fact(self) -> facts.Namespace:
        """The flat namespace, labels as written: an API server sets kubernetes.io/metadata.name, a manifest may not."""
        annotations = self.metadata.annotations
        return facts.Namespace(
            name=self.name,
            labels=texts(self.metadata.labels),
            mode_annotation=annotations.dataplane_mode if annotations else None,
            canary_weight=annotations.canary_weight if annotations else None,
            deleting=self.metadata.deletion_timestamp,
        )


class Node(Object, frozen=True):
    """A Node, of which the metadata is enough."""

    def fact(self) -> facts.Node:
        """The flat node."""
        return facts.Node(name=self.name, labels=texts(self.metadata.labels))


class PodTemplate(Wire, frozen=True):
    """`spec.template` of a workload."""

    metadata: Metadata | None = None
    spec: PodSpec | None = None

    def fact(self) -> facts.Template:
        """The flat template."""
        metadata = self.metadata or _NO_METADATA
        return facts.Template(
            labels=texts(metadata.labels),
            annotations=metadata.annotations.fact() if metadata.annotations else facts.NO_ANNOTATIONS,
            host_network=bool(self.spec and self.spec.host_network),
        )


class RollingUpdate(Wire, frozen=True):
    """`rollingUpdate` of a strategy; only a StatefulSet has a partition."""

    partition: int | None = None


class Strategy(Wire, frozen=True):
    """`spec.strategy` of a Deployment, `spec.updateStrategy` of a StatefulSet or DaemonSet."""

    type: str | None = None
    rolling_update: RollingUpdate | None = None

    def partition(self) -> int:
        """The first ordinal that gets a new template; 0 where all do."""
        rolling = self.rolling_update
        return (rolling and rolling.partition) or 0


class Ordinals(Wire, frozen=True):
    """`spec.ordinals` of a StatefulSet."""

    start: int | None = None


class JobTemplateSpec(Wire, frozen=True):
    """`spec.jobTemplate.spec` of a CronJob."""

    template: PodTemplate | None = None


class JobTemplate(Wire, frozen=True):
    """`spec.jobTemplate` of a CronJob."""

    spec: JobTemplateSpec | None = None


class WorkloadSpec(Wire, frozen=True):
    """`spec` of any workload but a ReplicationController: each kind has some of these."""

    replicas: int | None = None
    parallelism: int | None = None
    completions: int | None = None
    suspend: bool | None = None
    paused: bool | None = None
    selector: Selector | None = None
    template: PodTemplate | None = None
    job_template: JobTemplate | None = None
    strategy: Strategy | None = None
    update_strategy: Strategy | None = None
    ordinals: Ordinals | None = None


class WorkloadStatus(Wire, frozen=True):
    """`status` of a workload."""

    observed_generation: int | None = None
    desired_number_scheduled: int | None = None
    conditions: list[Condition] | None = None

    def finished(self) -> bool:
        """Whether a Job is over, well or not."""
        return any(c.type in ("Complete", "Failed") and c.status == "True" for c in self.conditions or ())


_NO_WORKLOAD_SPEC = WorkloadSpec()
_NO_WORKLOAD_STATUS = WorkloadStatus()
_NO_TEMPLATE = PodTemplate()
_REPLICATED = ("Deployment", "StatefulSet", "ReplicaSet")
_ROLLING = ("Deployment", "StatefulSet", "DaemonSet")


class Workload(Object, frozen=True):
    """A Deployment, StatefulSet, DaemonSet, ReplicaSet, Job or CronJob. A list does not name the kind of its items."""

    spec: WorkloadSpec | None = None
    status: WorkloadStatus | None = None

    def fact(self, kind: str) -> facts.Workload:
        """The flat workload of that kind."""
        spec = self.spec or _NO_WORKLOAD_SPEC
        strategy = spec.strategy or spec.update_strategy
        return facts.Workload(
            kind=kind,
            namespace=self.namespace,
            name=self.name,
            labels=texts(self.metadata.labels),
            template=self._template().fact(),
            owner=self.metadata.owner(),
            selector=spec.selector.fact() if spec.selector else None,
            desired=self._desired(kind),
            paused=bool(spec.paused or spec.suspend),
            update_strategy=(strategy and strategy.type) or ("RollingUpdate" if kind in _ROLLING else ""),
            partition=strategy.partition() if strategy and kind == "StatefulSet" else 0,
            first_ordinal=(spec.ordinals and spec.ordinals.start) or 0,
        )

    def has_label(self, label: tuple[str, str]) -> bool:
        """Whether the workload itself has the label."""
        return has_label(texts(self.metadata.labels), label)

    def daemonset(self) -> facts.DaemonSet:
        """The same as a DaemonSet of Istio."""
        spec = self._template().spec or _NO_SPEC
        return facts.DaemonSet(
            namespace=self.namespace,
            name=self.name,
            labels=texts(self.metadata.labels),
            container=spec.first_container(),
            node_selector=texts(spec.node_selector),
        )

    def istiod(self) -> facts.Istiod:
        """The same as a control plane."""
        spec = self._template().spec or _NO_SPEC
        return facts.Istiod(
            namespace=self.namespace,
            name=self.name,
            revision=texts(self.metadata.labels).get("istio.io/rev") or "default",
            labels=texts(self.metadata.labels),
            container=spec.first_container(),
        )

    def _template(self) -> PodTemplate:
        spec = self.spec or _NO_WORKLOAD_SPEC
        if spec.job_template and spec.job_template.spec:
            return spec.job_template.spec.template or _NO_TEMPLATE
        return spec.template or _NO_TEMPLATE

    def _desired(self, kind: str) -> int | None:
        spec, status = self.spec or _NO_WORKLOAD_SPEC, self.status or _NO_WORKLOAD_STATUS
        if kind in _REPLICATED:
            return 1 if spec.replicas is None else spec.replicas
        if kind == "DaemonSet":
            # The API serves a 0 before the controller has counted: only an observed one is an answer.
            return status.desired_number_scheduled or (0 if status.observed_generation else None)
        if kind == "Job":
            if spec.suspend or status.finished():
                return 0
            parallelism = 1 if spec.parallelism is None else spec.parallelism
            return parallelism if spec.completions is None else min(parallelism, spec.completions)
        return None


class ReplicationControllerSpec(Wire, frozen=True):
    """`spec` of a ReplicationController, whose selector is a plain map."""

    replicas: int | None = None
    selector: Texts = None
    template: PodTemplate | None = None


class ReplicationController(Object, frozen=True):
    """A ReplicationController."""

    spec: ReplicationControllerSpec | None = None

    def fact(self) -> facts.Workload:
        """The flat workload."""
        spec = self.spec or ReplicationControllerSpec()
        return facts.Workload(
            kind="ReplicationController",
            namespace=self.namespace,
            name=self.name,
            labels=texts(self.metadata.labels),
            template=(spec.template or _NO_TEMPLATE).fact(),
            owner=self.metadata.owner(),
            selector=facts.LabelSelector(match_labels=texts(spec.selector)),
            desired=1 if spec.replicas is None else spec.replicas,
        )


class InvolvedObject(Wire, frozen=True):
    """`involvedObject` of an Event."""

    kind: str | None = None
    namespace: str | None = None
    name: str | None = None


class Series(Wire, frozen=True):
    """`series` of an Event."""

    last_observed_time: Time = None


class Event(Object, frozen=True):
    """An Event of the core group."""

    involved_object: InvolvedObject | None = None
    reason: str | None = None
    message: str | None = None
    event_time: Time = None
    last_timestamp: Time = None
    series: Series | None = None

    def fact(self) -> facts.Event | None:
        """The flat event; None where it is not about a pod."""
        about = self.involved_object
        if about is None or about.kind != "Pod":
            return None
        return facts.Event(
            namespace=about.namespace or self.namespace,
            pod=about.name or "",
            reason=self.reason or "",
            message=self.message or "",
            last_seen=self._last_seen(),
        )

    def _last_seen(self) -> datetime | None:
        repeated = self.series.last_observed_time if self.series else None
        told = (repeated, self.last_timestamp, self.event_time, self.metadata.creation_timestamp)
        return max((time for time in told if time), default=None)
