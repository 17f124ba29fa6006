"""Gateways of the Gateway API and their classes: the waypoints are among them."""

from msgspec import field

from kubectl_ambient.cluster.facts import Fact, LabelSelector
from kubectl_ambient.cluster.kinds.conditions import NO_ADDRESSES, Address, AddressStatus, Conditioned
from kubectl_ambient.cluster.kinds.kind import WATCH, kind
from kubectl_ambient.cluster.wire_parts import NO_ANNOTATIONS, Metadata, Object, Selector, Texts, Wire, texts

# Those that Istio makes for waypoints.
WAYPOINT_CLASSES = ("istio-waypoint", "istio-agentgateway-waypoint")


class Listener(Fact, frozen=True):
    """A listener of a Gateway. `allowed_from` is `All`, `Same` or `Selector`; None where the field is absent.

    `selector` is what `Selector` goes by; None where it is absent, which matches nothing.
    """

    name: str = ""
    port: int = 0
    protocol: str = ""
    allowed_from: str | None = None
    selector: LabelSelector | None = None


class Gateway(Conditioned, frozen=True):
    """A Gateway of the Gateway API. `addresses` are those of its status.

    `inbound_binding` is the annotation `ambient.istio.io/waypoint-inbound-binding`, None where it is absent. `managed`
    tells that its controller makes the proxies; else somebody else did, and labelled them as they like.
    `infrastructure` are the labels of `spec.infrastructure.labels`, None where that is absent.
    """

    inbound_binding: str | None = None
    managed: bool = True
    infrastructure: dict[str, str] | None = None
    class_name: str = ""
    listeners: tuple[Listener, ...] = ()
    addresses: tuple[str, ...] = ()
    generation: int | None = None

    @property
    def key(self) -> str:
        """`shop/waypoint`, as a binding names it."""
        return f"{self.namespace}/{self.name}"


class GatewayClass(Fact, frozen=True):
    """A GatewayClass; its label and its annotation stand in for those that a Gateway of it does not have."""

    name: str
    labels: dict[str, str] = field(default_factory=dict)
    inbound_binding: str | None = None
    controller: str = ""

    @property
    def ref(self) -> str:
        """`GatewayClass/istio-waypoint`."""
        return f"GatewayClass/{self.name}"


class RouteNamespaces(Wire, frozen=True):
    """`listeners[].allowedRoutes.namespaces`."""

    from_: str | None = field(default=None, name="from")
    selector: Selector | None = None


class AllowedRoutes(Wire, frozen=True):
    """`listeners[].allowedRoutes`."""

    namespaces: RouteNamespaces | None = None


class WireListener(Wire, frozen=True):
    """`spec.listeners[]` of a Gateway."""

    name: str | None = None
    port: int | None = None
    protocol: str | None = None
    allowed_routes: AllowedRoutes | None = None

    def fact(self) -> Listener:
        """The flat listener."""
        allowed = (self.allowed_routes and self.allowed_routes.namespaces) or RouteNamespaces()
        return Listener(
            name=self.name or "",
            port=self.port or 0,
            protocol=self.protocol or "",
            allowed_from=allowed.from_,
            selector=allowed.selector.fact() if allowed.selector else None,
        )


class Infrastructure(Wire, frozen=True):
    """`spec.infrastructure` of a Gateway."""

    labels: Texts = None


class GatewaySpec(Wire, frozen=True):
    """`spec` of a Gateway."""

    gateway_class_name: str | None = None
    listeners: list[WireListener] | None = None
    addresses: list[Address] | None = None
    infrastructure: Infrastructure | None = None

    @property
    def managed(self) -> bool:
        """Whether istiod makes the proxies: no address is asked for, or one IP [gateway_utils.go `IsManaged`]."""
        asked = self.addresses or ()
        return not asked or (len(asked) == 1 and asked[0].type in (None, "IPAddress"))

    def infrastructure_labels(self) -> dict[str, str] | None:
        """The labels for what is made of the Gateway; None where the field is absent, as an empty one is not."""
        found = self.infrastructure
        return None if found is None or found.labels is None else texts(found.labels)


class GatewayMetadata(Metadata, frozen=True):
    """`metadata` of a Gateway, with the generation that its conditions refer to."""

    generation: int | None = None


class GatewayObject(Object, frozen=True):
    """A Gateway of the Gateway API."""

    metadata: GatewayMetadata
    spec: GatewaySpec | None = None
    status: AddressStatus | None = None

    def fact(self) -> Gateway:
        """The flat Gateway."""
        spec, status = self.spec or GatewaySpec(), self.status or NO_ADDRESSES
        return Gateway(
            namespace=self.namespace,
            name=self.name,
            labels=texts(self.metadata.labels),
            conditions=status.facts(),
            inbound_binding=(self.metadata.annotations or NO_ANNOTATIONS).inbound_binding,
            class_name=spec.gateway_class_name or "",
            listeners=tuple(listener.fact() for listener in spec.listeners or ()),
            addresses=status.values(),
            generation=self.metadata.generation,
            managed=spec.managed,
            infrastructure=spec.infrastructure_labels(),
        )


class GatewayClassSpec(Wire, frozen=True):
    """`spec` of a GatewayClass."""

    controller_name: str | None = None


class GatewayClassObject(Object, frozen=True):
    """A GatewayClass."""

    spec: GatewayClassSpec | None = None

    def fact(self) -> GatewayClass:
        """The flat GatewayClass."""
        return GatewayClass(
            name=self.name,
            labels=texts(self.metadata.labels),
            inbound_binding=(self.metadata.annotations or NO_ANNOTATIONS).inbound_binding,
            controller=(self.spec and self.spec.controller_name) or "",
        )


GATEWAYS = kind(
    "gateways",
    "gateways.gateway.networking.k8s.io",
    GatewayObject,
    words="gateways.gateway.networking.k8s.io",
    rights=WATCH,
)
GATEWAY_CLASSES = kind(
    "gateway_classes",
    "gatewayclasses.gateway.networking.k8s.io",
    GatewayClassObject,
    words="gatewayclasses.gateway.networking.k8s.io",
)
