"""Facts: what the rules need to know of a cluster, and nothing else.

Every type is small, immutable and free of Kubernetes' nesting. Times are aware datetimes (UTC). The readers
(`live`, `files`) fill them through `wire`; `mesh` only reads them.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field

DATAPLANE_MODE = "istio.io/dataplane-mode"
NOT_READY_TAINT = "cni.istio.io/not-ready"  # a new node has it until istio-cni is Ready there
SOME_TAINT = "untolerated taint(s)"  # all that the scheduler says of taints since Kubernetes 1.36
NOT_FOUND = "not found"  # the `why` of an Unread that the server does not have
FORBIDDEN = "forbidden"  # the `why` of an Unread for which a right is missing


class Fact(Struct, frozen=True, gc=False, kw_only=True):
    """Base of all facts: immutable, and not tracked by the garbage collector (no fact refers back)."""


_ANNOTATION_KEYS = {
    "redirection": "ambient.istio.io/redirection",
    "sidecar_status": "sidecar.istio.io/status",
    "inject": "sidecar.istio.io/inject",
    "inject_templates": "inject.istio.io/templates",
    "bypass_inbound_capture": "ambient.istio.io/bypass-inbound-capture",
    "dns_capture": "ambient.istio.io/dns-capture",
    "dataplane_mode": DATAPLANE_MODE,
}


class Annotations(Fact, frozen=True, rename=_ANNOTATION_KEYS):
    """The annotations of a pod or pod template that decide something; None where the key is absent."""

    redirection: str | None = None
    sidecar_status: str | None = None
    inject: str | None = None
    inject_templates: str | None = None
    bypass_inbound_capture: str | None = None
    dns_capture: str | None = None
    dataplane_mode: str | None = None


NO_ANNOTATIONS = Annotations()


class Owner(Fact, frozen=True):
    """A controller, as `Deployment/web`; one of another group by that name is a `Deployment.example.com/web`."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


class EnvVar(Fact, frozen=True):
    """An environment variable of a container. `value` is its literal; None where it is taken from elsewhere.

    `config_map_key` names the key of a ConfigMap that it is taken from.
    """

    name: str
    value: str | None = None
    config_map_key: str | None = None


class AgentContainer(Fact, frozen=True):
    """The image and the environment of an istio-cni, ztunnel or istiod container.

    env_from: it takes variables from elsewhere too (`envFrom`), whose names are not read.
    """

    image: str
    env: tuple[EnvVar, ...] = ()
    env_from: bool = False


class Proxy(Fact, frozen=True):
    """A container that runs Istio's proxy by its own command line, and not beside an application.

    role: `router` (a gateway) or `waypoint`, as the proxy is told.
    """

    container: str
    role: str


class Pod(Fact, frozen=True):
    """A pod. `owner` is its controller as written in the pod (a Deployment's pod names its ReplicaSet).

    agent, service_account: only of istio-cni's and ztunnel's pods. proxy: the container that makes it a gateway or a
    waypoint; None where none says so by its command line.
    `windows_field` is the field that asks for Windows, empty where none does. `ready_status` is the condition Ready as
    written (`True`, `False`, `Unknown`), None without one. `unscheduled` is what the scheduler says of it in
    PodScheduled=False, empty where it says nothing.
    """

    namespace: str
    name: str
    labels: dict[str, str] = field(default_factory=dict)
    annotations: Annotations = NO_ANNOTATIONS
    owner: Owner | None = None
    node: str = ""
    host_network: bool = False
    windows_field: str = ""
    phase: str = ""
    reason: str = ""
    has_ip: bool = False
    ready: bool = False
    ready_status: str | None = None
    ready_since: datetime | None = None
    unscheduled: str = ""
    created: datetime | None = None
    started: datetime | None = None
    deleting: datetime | None = None
    mirror: bool = False
    native_sidecar: bool = False
    creating: bool = False
    agent: AgentContainer | None = None
    service_account: str = ""
    proxy: Proxy | None = None

    @property
    def ref(self) -> str:
        """`Pod/shop/web-1`, as evidence names it."""
        return f"Pod/{self.namespace}/{self.name}"

    @property
    def windows(self) -> bool:
        """Whether it asks for a Windows node."""
        return bool(self.windows_field)

    @property
    def finished(self) -> bool:
        """Succeeded or Failed: Kubernetes starts it no more."""
        return self.phase in ("Succeeded", "Failed")


class Sandbox(Fact, frozen=True):
    """The network of a pod that is marked as redirected: `made` is when it had one last, `started` when the pod began.

    A node that is restarted makes it anew, and the annotation stays.
    """

    namespace: str
    name: str
    node: str
    started: datetime
    made: datetime

    @property
    def ref(self) -> str:
        """`Pod/shop/web-1`, as evidence names it."""
        return f"Pod/{self.namespace}/{self.name}"


class Template(Fact, frozen=True):
    """The pod template of a workload."""

    labels: dict[str, str] = field(default_factory=dict)
    annotations: Annotations = NO_ANNOTATIONS
    host_network: bool = False


class Workload(Fact, frozen=True):
    """A controller of pods. `restarts` tells what follows a change of its template.

    `desired` is the number of pods that it wants (None where it does not say, as a DaemonSet before its first
    sync); `labels` are its own, which decide nothing. The pods of a StatefulSet are numbered from `first_ordinal`, and
    those below `partition` keep the template that they have.
    """

    kind: str
    namespace: str
    name: str
    labels: dict[str, str] = field(default_factory=dict)
    template: Template = Template()
    owner: Owner | None = None
    selector: LabelSelector | None = None
    desired: int | None = None
    paused: bool = False
    update_strategy: str = ""
    partition: int = 0
    first_ordinal: int = 0

    @property
    def ref(self) -> str:
        """`Deployment/shop/web`, as evidence names it."""
        return f"{self.kind}/{self.namespace}/{self.name}"

    @property
    def template_path(self) -> str:
        """The field that holds its pod template."""
        return "spec.jobTemplate.spec.template" if self.kind == "CronJob" else "spec.template"


class Namespace(Fact, frozen=True):
    """A namespace. `mode_annotation` is `istio.io/dataplane-mode` set as an annotation, where it does nothing.

    `canary_weight` is the annotation `istio.io/use-waypoint-canary-weight`, None where it is absent.
    """

    name: str
    labels: dict[str, str] = field(default_factory=dict)
    mode_annotation: str | None = None
    canary_weight: str | None = None
    deleting: datetime | None = None


OS_LABEL = "kubernetes.io/os"
_VIRTUAL_NODE = (
    ("type", "virtual-kubelet"),
    ("kubernetes.azure.com/role", "virtual-node"),
    ("eks.amazonaws.com/compute-type", "fargate"),
)


class Taint(Fact, frozen=True):
    """A taint of a node. `effect` is `NoSchedule`, `PreferNoSchedule` or `NoExecute`."""

    key: str
    value: str = ""
    effect: str = ""

    def __str__(self) -> str:
        return f"{self.key}={self.value}:{self.effect}" if self.value else f"{self.key}:{self.effect}"


class Node(Fact, frozen=True):
    """A node: its labels tell the operating system and whether it is virtual.

    `taints` is None where only its metadata was read.
    """

    name: str
    labels: dict[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] | None = None

    @property
    def virtual(self) -> tuple[str, str] | None:
        """The label, a key and its value, by which it is a virtual node, on which no DaemonSet runs; else None."""
        return next((label for label in _VIRTUAL_NODE if self.labels.get(label[0]) == label[1]), None)

    @property
    def runs_daemonsets(self) -> bool:
        """Whether it is a Linux node, and none that only looks like one."""
        return self.labels.get(OS_LABEL) in (None, "linux") and self.virtual is None


class Requirement(Fact, frozen=True):
    """One expression of a label selector, as Kubernetes writes it (`In`, `NotIn`, `Exists`, `DoesNotExist`)."""

    key: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()


class LabelSelector(Fact, frozen=True):
    """A Kubernetes LabelSelector; an empty one matches everything."""

    match_labels: dict[str, str] = field(default_factory=dict)
    match_expressions: tuple[Requirement, ...] = ()

    @property
    def empty(self) -> bool:
        """True where it asks for nothing, and so matches everything."""
        return not self.match_labels and not self.match_expressions


class Event(Fact, frozen=True):
    """A Kubernetes event about a pod, or about a DaemonSet; `name` is that of what it is about."""

    namespace: str
    name: str
    reason: str
    message: str = ""
    last_seen: datetime | None = None


NOT_IN_FILES = "not in the files"
"""Why something is Unread that no file holds."""


class Unread(Fact, frozen=True):
    """Something that could not be read, and why. `what` as `list nodes`, `why` as `forbidden`."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"cannot {self.what}: {self.why}"
