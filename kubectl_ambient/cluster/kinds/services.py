"""Services: what a waypoint serves, and whom a pod is called by."""

from msgspec import field

from kubectl_ambient.cluster.facts import Fact
from kubectl_ambient.cluster.kinds.conditions import NO_STATUS, Conditioned, Status
from kubectl_ambient.cluster.kinds.kind import WATCH, kind
from kubectl_ambient.cluster.wire_parts import NO_ANNOTATIONS, Object, Texts, Wire, texts


class ServicePort(Fact, frozen=True):
    """A port of a Service: it leads to `target` of a pod, a number or the name of a port that the pod declares.

    node_port: the one of every node that leads to it; None where none does.
    """

    name: str = ""
    number: int = 0
    target: int | str = 0
    protocol: str = "TCP"
    app_protocol: str = ""
    node_port: int | None = None


class Service(Conditioned, frozen=True):
    """A Service. `canary_weight` is the annotation `istio.io/use-waypoint-canary-weight`, None where it is absent."""

    canary_weight: str | None = None
    type: str = "ClusterIP"
    external_name: str = ""
    selector: dict[str, str] = field(default_factory=dict)
    cluster_ips: tuple[str, ...] = ()
    ports: tuple[ServicePort, ...] = ()

    @property
    def headless(self) -> bool:
        """`clusterIP: None`: its name leads to the addresses of its pods."""
        return "None" in self.cluster_ips

    @property
    def vips(self) -> tuple[str, ...]:
        """Its own addresses; none where it is headless, or where no server has given it one yet."""
        return tuple(ip for ip in self.cluster_ips if ip not in ("", "None"))


class ServicePortOnWire(Wire, frozen=True):
    """`ports[]` of a Service."""

    name: str | None = None
    protocol: str | None = None
    port: int | None = None
    target_port: int | str | None = None
    node_port: int | None = None
    app_protocol: str | None = None

    def fact(self) -> ServicePort:
        """The flat port. Without a target it leads to the port of the same number."""
        return ServicePort(
            name=self.name or "",
            number=self.port or 0,
            target=self.target_port or self.port or 0,
            protocol=self.protocol or "TCP",
            app_protocol=self.app_protocol or "",
            node_port=self.node_port or None,
        )


class ServiceSpec(Wire, frozen=True):
    """`spec` of a Service."""

    type: str | None = None
    external_name: str | None = None
    selector: Texts = None
    cluster_ip: str | None = field(default=None, name="clusterIP")
    cluster_ips: list[str] | None = field(default=None, name="clusterIPs")
    ports: list[ServicePortOnWire] | None = None


class ServiceObject(Object, frozen=True):
    """A Service."""

    spec: ServiceSpec | None = None
    status: Status | None = None

    def fact(self) -> Service:
        """The flat Service."""
        spec = self.spec or ServiceSpec()
        return Service(
            namespace=self.namespace,
            name=self.name,
            labels=texts(self.metadata.labels),
            conditions=(self.status or NO_STATUS).facts(),
            canary_weight=(self.metadata.annotations or NO_ANNOTATIONS).canary_weight,
            type=spec.type or "ClusterIP",
            external_name=spec.external_name or "",
            selector=texts(spec.selector),
            cluster_ips=tuple(spec.cluster_ips or ([spec.cluster_ip] if spec.cluster_ip else ())),
            ports=tuple(port.fact() for port in spec.ports or ()),
        )


SERVICES = kind("services", "services", ServiceObject, rights=WATCH)
