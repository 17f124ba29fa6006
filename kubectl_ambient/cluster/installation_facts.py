"""Facts about Istio's own objects: its agents, its control plane, their settings. As `facts`: small and immutable."""

from __future__ import annotations

from datetime import datetime

from msgspec import field

from kubectl_ambient.cluster.facts import AgentContainer, Fact, LabelSelector, Owner, Requirement


class Toleration(Fact, frozen=True):
    """What a pod tolerates: an empty `key` with `Exists` means every key, an empty `effect` every effect."""

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""


class DaemonSet(Fact, frozen=True):
    """A DaemonSet of Istio (istio-cni, ztunnel) or of Amazon's VPC CNI.

    It tells the first container's image and environment, and where it may run.

    `node_terms` are those of its required node affinity, of which one has to match; None where it asks for none.
    `desired` is on how many nodes it should run, None where nobody has counted, and `lacks_pods` that some
    of these have no pod of it. `release` is its Helm release.
    """

    namespace: str
    name: str
    labels: dict[str, str] = field(default_factory=dict)
    container: AgentContainer | None = None
    node_selector: dict[str, str] = field(default_factory=dict)
    node_terms: tuple[tuple[Requirement, ...], ...] | None = None
    tolerations: tuple[Toleration, ...] = ()
    host_network: bool = False
    desired: int | None = None
    lacks_pods: bool = False
    owner: Owner | None = None
    release: str = ""

    @property
    def ref(self) -> str:
        """`DaemonSet/istio-system/istio-cni-node`."""
        return f"DaemonSet/{self.namespace}/{self.name}"


class Istiod(Fact, frozen=True):
    """A control plane: its revision (`default` where it has none), its labels and its container.

    ready: how many of its pods are Ready; None where nothing has counted them, as in a manifest.
    """

    namespace: str
    name: str
    revision: str = "default"
    labels: dict[str, str] = field(default_factory=dict)
    container: AgentContainer | None = None
    ready: int | None = None

    @property
    def ref(self) -> str:
        """`Deployment/istio-system/istiod`."""
        return f"Deployment/{self.namespace}/{self.name}"


class ConfigMap(Fact, frozen=True):
    """A ConfigMap, with the time of the last change of its data where the API server tells, and its Helm release."""

    namespace: str
    name: str
    labels: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    created: datetime | None = None
    changed: datetime | None = None
    owner: Owner | None = None
    release: str = ""

    @property
    def ref(self) -> str:
        """`ConfigMap/istio-system/istio-cni-config`."""
        return f"ConfigMap/{self.namespace}/{self.name}"


class Webhook(Fact, frozen=True):
    """One entry of a MutatingWebhookConfiguration that is called when a Pod is created.

    `conditional` tells that it has matchConditions, which are expressions that we do not evaluate.
    """

    configuration: str
    name: str
    revision: str = ""
    tag: str = ""
    namespace_selector: LabelSelector = LabelSelector()
    object_selector: LabelSelector = LabelSelector()
    conditional: bool = False

    @property
    def ref(self) -> str:
        """`MutatingWebhookConfiguration/istio-sidecar-injector`."""
        return f"MutatingWebhookConfiguration/{self.configuration}"
