"""Facts about what is around pods: who calls them in plain text, and what the network plugin is set to."""

from __future__ import annotations

from kubectl_ambient.cluster.facts import Fact, LabelSelector


class Backend(Fact, frozen=True):
    """A Service and its port, a number or a name, to which somebody sends; None where every port is meant."""

    service: str
    port: int | str | None = None


class Ingress(Fact, frozen=True):
    """An Ingress. `class_name` is its IngressClass, by the field or the older annotation; None without either."""

    namespace: str
    name: str
    class_name: str | None = None
    backends: tuple[Backend, ...] = ()

    @property
    def ref(self) -> str:
        """`Ingress/shop/web`, as evidence names it."""
        return f"Ingress/{self.namespace}/{self.name}"


class IngressClass(Fact, frozen=True):
    """An IngressClass. `default`: it is that of every Ingress that names none."""

    name: str
    controller: str = ""
    default: bool = False

    @property
    def ref(self) -> str:
        """`IngressClass/nginx`, as evidence names it."""
        return f"IngressClass/{self.name}"


class RouteBackend(Fact, frozen=True):
    """A Service and its port, to which a route leads; None where it says no port."""

    namespace: str
    service: str
    port: int | None = None


class Attachment(Fact, frozen=True):
    """A Gateway that a route hangs on: `parent` is its place in `spec.parentRefs`.

    controller: the name of that which has taken it, empty where none has said anything; `entry`: where it has, in
    `status.parents`. refuses_reference: there it says that some Service of another namespace may not be led to.
    """

    namespace: str
    gateway: str
    parent: int = 0
    controller: str = ""
    entry: int | None = None
    refuses_reference: bool = False


class Route(Fact, frozen=True):
    """An HTTPRoute or a GRPCRoute. `attached`: without Gateways that have refused it."""

    kind: str
    namespace: str
    name: str
    attached: tuple[Attachment, ...] = ()
    backends: tuple[RouteBackend, ...] = ()

    def backends_of(self, attached: Attachment) -> tuple[RouteBackend, ...]:
        """Those to which the Gateway sends. Which of several in other namespaces are refused, nothing tells."""
        others = {backend for backend in self.backends if backend.namespace != self.namespace}
        refused = others if attached.refuses_reference and len(others) == 1 else ()
        return tuple(backend for backend in self.backends if backend not in refused)

    @property
    def ref(self) -> str:
        """`HTTPRoute/shop/web`, as evidence names it."""
        return f"{self.kind}/{self.namespace}/{self.name}"


class Callback(Fact, frozen=True):
    """A Service that the API server itself calls. `ref` is the object that says so, `field` where that stands."""

    ref: str
    field: str
    namespace: str
    service: str
    port: int = 443


class Monitor(Fact, frozen=True):
    """A ServiceMonitor (of Services) or a PodMonitor (of pods): what Prometheus scrapes.

    `namespaces` are those that it looks into: None for all, empty for its own. `ports` are numbers of pods, or names
    (of the Service's ports, or of the pod's).
    """

    kind: str
    namespace: str
    name: str
    selector: LabelSelector = LabelSelector()
    namespaces: tuple[str, ...] | None = ()
    ports: tuple[int | str, ...] = ()

    @property
    def ref(self) -> str:
        """`ServiceMonitor/shop/web`, as evidence names it."""
        return f"{self.kind}/{self.namespace}/{self.name}"

    def looks_into(self, namespace: str) -> bool:
        """Whether it looks for anything in that namespace."""
        return self.namespaces is None or namespace in (self.namespaces or (self.namespace,))


class OtherPolicy(Fact, frozen=True):
    """A policy for the network that is none of Kubernetes' NetworkPolicies: only that it is there."""

    kind: str
    namespace: str
    name: str


class FelixConfiguration(Fact, frozen=True):
    """The settings of Calico's node agent, for all nodes. Of a field that is not set it has None."""

    name: str
    ebpf: bool | None = None
    connect_time: str | None = None
    connect_time_enabled: bool | None = None

    @property
    def ref(self) -> str:
        """`FelixConfiguration/default`."""
        return f"FelixConfiguration/{self.name}"


class ClusterNetwork(Fact, frozen=True):
    """OpenShift's network. gateway: that of OVN-Kubernetes is configured; via_host: as it says, None where unset."""

    name: str
    type: str = ""
    gateway: bool = False
    via_host: bool | None = None

    @property
    def ref(self) -> str:
        """`Network/cluster`."""
        return f"Network/{self.name}"
