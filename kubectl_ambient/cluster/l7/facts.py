"""Facts about L7: what may have a waypoint, and the Gateways that are one.

As `facts`: small, immutable, free of Kubernetes' nesting.
"""

from __future__ import annotations

from typing import Literal

from msgspec import field

from kubectl_ambient.cluster.facts import Fact, LabelSelector

Kind = Literal["Service", "ServiceEntry", "Pod", "WorkloadEntry"]

KINDS: tuple[Kind, ...] = ("Service", "ServiceEntry", "Pod", "WorkloadEntry")  # what a waypoint can serve
WAYPOINT_BOUND = "istio.io/WaypointBound"
WAYPOINT_MISSING = "istio.io/WaypointMissing"
GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"


class Condition(Fact, frozen=True):
    """A condition of an object's status, as its controller wrote it. `generation` is the one that it looked at."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    generation: int | None = None

    @property
    def true(self) -> bool:
        """Whether it holds."""
        return self.status == "True"


class Conditioned(Fact, frozen=True):
    """Base of what has a namespace, a name, labels and conditions."""

    namespace: str
    name: str
    labels: dict[str, str] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()

    def condition(self, type_: str) -> Condition | None:
        """The condition of that type; None where it was not written."""
        return next((c for c in self.conditions if c.type == type_), None)

    @property
    def ref(self) -> str:
        """`Service/shop/cart`, as evidence names it."""
        return f"{type(self).__name__}/{self.namespace}/{self.name}"


class Service(Conditioned, frozen=True):
    """A Service. `canary_weight` is the annotation `istio.io/use-waypoint-canary-weight`, None where it is absent."""

    canary_weight: str | None = None
    type: str = "ClusterIP"
    external_name: str = ""
    selector: dict[str, str] = field(default_factory=dict)
    cluster_ips: tuple[str, ...] = ()

    @property
    def headless(self) -> bool:
        """`clusterIP: None`: its name leads to the addresses of its pods."""
        return "None" in self.cluster_ips

    @property
    def vips(self) -> tuple[str, ...]:
        """Its own addresses; none where it is headless, or where no server has given it one yet."""
        return tuple(ip for ip in self.cluster_ips if ip not in ("", "None"))


class ServiceEntry(Conditioned, frozen=True):
    """A ServiceEntry. `allocated` are the addresses that istiod gave its hosts (`status.addresses`).

    `workload_selector` is None where it has none.
    """

    canary_weight: str | None = None
    hosts: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    allocated: tuple[str, ...] = ()
    resolution: str = "NONE"
    location: str = ""
    workload_selector: dict[str, str] | None = None

    @property
    def vips(self) -> tuple[str, ...]:
        """The addresses that lead to it: its own, else those that istiod gave it."""
        return self.addresses or self.allocated


class WorkloadEntry(Conditioned, frozen=True):
    """A WorkloadEntry. `labels` are those of `spec.labels` and of its metadata, which win, as istiod merges them.

    `beaten` are the keys of `spec_labels` that its metadata has too.
    """

    spec_labels: dict[str, str] = field(default_factory=dict)
    beaten: tuple[str, ...] = ()
    address: str = ""

    @property
    def spec_keys(self) -> frozenset[str]:
        """The labels that it has by `spec.labels` only."""
        return frozenset(self.spec_labels).difference(self.beaten)

    @property
    def metadata_labels(self) -> dict[str, str]:
        """The labels that Kubernetes knows, and selects by."""
        return {key: value for key, value in self.labels.items() if key not in self.spec_keys}


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
    """

    inbound_binding: str | None = None
    managed: bool = True
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
