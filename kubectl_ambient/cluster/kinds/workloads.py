"""What makes pods: Deployments and the like; istio-cni and istiod among them."""

from functools import partial

from kubectl_ambient.cluster import facts, installation_facts
from kubectl_ambient.cluster.kinds.kind import kind
from kubectl_ambient.cluster.kinds.pods import CNI_LABEL, GATEWAY_NAME, ISTIOD_LABEL, ZTUNNEL_LABEL, on_network
from kubectl_ambient.cluster.network_facts import PodOnNetwork
from kubectl_ambient.cluster.wire_parts import NO_ANNOTATIONS, Metadata, Object, Selector, Texts, Wire, texts
from kubectl_ambient.cluster.wire_pods import Condition, TemplateSpec

_NO_SPEC = TemplateSpec()

_NO_METADATA = Metadata()


class PodTemplate(Wire, frozen=True):
    """`spec.template` of a workload."""

    metadata: Metadata | None = None
    spec: TemplateSpec | None = None

    def fact(self) -> facts.Template:
        """The flat template."""
        metadata = self.metadata or _NO_METADATA
        return facts.Template(
            labels=texts(metadata.labels),
            annotations=metadata.decisive()[0],
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
    replicas: int | None = None
    ready_replicas: int | None = None
    current_number_scheduled: int | None = None
    conditions: list[Condition] | None = None

    def ready(self) -> int | None:
        """How many pods are Ready; JSON leaves out a 0, protobuf does not: it counts only where something counted."""
        if not (self.observed_generation or self.replicas or self.ready_replicas):
            return None
        return self.ready_replicas or 0

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

    def daemonset(self) -> installation_facts.DaemonSet:
        """The same as a DaemonSet of Istio."""
        spec = self._template().spec or _NO_SPEC
        return installation_facts.DaemonSet(
            namespace=self.namespace,
            name=self.name,
            labels=texts(self.metadata.labels),
            container=spec.first_container(),
            node_selector=texts(spec.node_selector),
            node_terms=spec.affinity.facts() if spec.affinity else None,
            tolerations=tuple(t.fact() for t in spec.tolerations or ()),
            host_network=bool(spec.host_network),
            desired=self._desired("DaemonSet"),
            lacks_pods=self._lacks_pods(),
            owner=self.metadata.owner(),
            release=(self.metadata.annotations or NO_ANNOTATIONS).helm_release or "",
        )

    def _lacks_pods(self) -> bool:
        status = self.status or _NO_WORKLOAD_STATUS
        return (status.current_number_scheduled or 0) < (status.desired_number_scheduled or 0)

    def of_ztunnel(self) -> tuple[installation_facts.DaemonSet, ...]:
        """The same where its pods are ztunnel's: only from 1.24 on a label of its own says so."""
        selector = self.spec.selector if self.spec else None
        key, value = ZTUNNEL_LABEL
        return (self.daemonset(),) if selector and texts(selector.match_labels).get(key) == value else ()

    def istiod(self) -> installation_facts.Istiod:
        """The same as a control plane."""
        spec = self._template().spec or _NO_SPEC
        return installation_facts.Istiod(
            namespace=self.namespace,
            name=self.name,
            revision=texts(self.metadata.labels).get("istio.io/rev") or "default",
            labels=texts(self.metadata.labels),
            container=spec.first_container(),
            ready=(self.status or _NO_WORKLOAD_STATUS).ready(),
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


def _facts(name: str, workload: Workload) -> tuple[facts.Workload]:
    return (workload.fact(name),)


_TEMPLATE = ("spec", "template")
WORKLOADS = {
    "ReplicationController": kind(
        "workloads", "replicationcontrollers", ReplicationController, prefixed=True, template=_TEMPLATE
    ),
    **{
        name: kind("workloads", name, Workload, prefixed=True, facts=partial(_facts, name), template=template)
        for name, template in (
            *((name, _TEMPLATE) for name in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job")),
            ("CronJob", ("spec", "jobTemplate", *_TEMPLATE)),
        )
    },
}
CNI_DAEMONSETS = WORKLOADS["DaemonSet"].some(
    "cni_daemonsets",
    label="=".join(CNI_LABEL),
    words="daemonsets of istio-cni",
    facts=lambda found: (found.daemonset(),),
)
ZTUNNEL_DAEMONSETS = WORKLOADS["DaemonSet"].some(
    "ztunnel_daemonsets",
    among=True,
    words="daemonsets",
    facts=lambda found: found.of_ztunnel(),
)
VPC_CNI_DAEMONSETS = WORKLOADS["DaemonSet"].some(
    "vpc_cni_daemonsets",
    label="k8s-app=aws-node",
    words="daemonsets of Amazon's VPC CNI",
    facts=lambda found: (found.daemonset(),),
)
ISTIODS = WORKLOADS["Deployment"].some(
    "istiods",
    label="=".join(ISTIOD_LABEL),
    words="deployments of istiod",
    facts=lambda found: (found.istiod(),),
    in_files=False,
)
GATEWAY_DEPLOYMENTS = WORKLOADS["Deployment"].some(
    "gateway_deployments", label=GATEWAY_NAME, words="deployments of gateways", in_files=False
)


def _of_template(workload: Workload) -> tuple[PodOnNetwork]:
    template = workload.spec.template if workload.spec and workload.spec.template else _NO_TEMPLATE
    metadata, spec = template.metadata or _NO_METADATA, template.spec or _NO_SPEC
    return (on_network(workload.namespace, workload.name, metadata, spec),)


TEMPLATES = tuple(
    WORKLOADS[name].some("templates", prefixed=True, facts=_of_template)
    for name in ("Deployment", "StatefulSet", "DaemonSet")
)
"""The pods that these make, as others are going to see them: what stands for pods in files that hold none."""
