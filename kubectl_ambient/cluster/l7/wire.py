"""Services, ServiceEntries, WorkloadEntries, Gateways and GatewayClasses on the wire."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import field

from kubectl_ambient.cluster.l7 import facts as l7_facts
from kubectl_ambient.cluster.wire_parts import NO_ANNOTATIONS, Metadata, Object, Selector, Texts, Wire, texts

_INTEGER = re.compile(r"[0-9]{1,19}")


class Condition(Wire, frozen=True):
    """`status.conditions[]`. Istio's own API leaves out what is empty, and may write the generation as a text."""

    type: str | None = None
    status: str | None = None
    reason: str | None = None
    message: str | None = None
    observed_generation: int | str | None = None

    def fact(self) -> l7_facts.Condition:
        """The flat condition."""
        generation = str(self.observed_generation)
        return l7_facts.Condition(
            type=self.type or "",
            status=self.status or "",
            reason=self.reason or "",
            message=self.message or "",
            generation=int(generation) if _INTEGER.fullmatch(generation) else None,
        )


class Status(Wire, frozen=True):
    """`status` of an object of which only the conditions count."""

    conditions: list[Condition] | None = None

    def facts(self) -> tuple[l7_facts.Condition, ...]:
        """The flat conditions."""
        return tuple(c.fact() for c in self.conditions or ())


_NO_STATUS = Status()


class ServiceSpec(Wire, frozen=True):
    """`spec` of a Service."""

    type: str | None = None
    external_name: str | None = None
    selector: Texts = None
    cluster_ip: str | None = field(default=None, name="clusterIP")
    cluster_ips: list[str] | None = field(default=None, name="clusterIPs")


class Service(Object, frozen=True):
    """A Service."""

    spec: ServiceSpec | None = None
    status: Status | None = None

    def fact(self) -> l7_facts.Service:
        """The flat Service."""
        spec = self.spec or ServiceSpec()
        return l7_facts.Service(
            namespace=self.namespace,
            name=self.name,
            labels=texts(self.metadata.labels),
            conditions=(self.status or _NO_STATUS).facts(),
            canary_weight=(self.metadata.annotations or NO_ANNOTATIONS).canary_weight,
            type=spec.type or "ClusterIP",
            external_name=spec.external_name or "",
            selector=texts(spec.selector),
            cluster_ips=tuple(spec.cluster_ips or ([spec.cluster_ip] if spec.cluster_ip else ())),
        )


class WorkloadSelector(Wire, frozen=True):
    """`spec.workloadSelector` of a ServiceEntry."""

    labels: Texts = None


class ServiceEntrySpec(Wire, frozen=True):
    """`spec` of a ServiceEntry."""

    hosts: list[str] | None = None
    addresses: list[str] | None = None
    resolution: str | None = None
    location: str | None = None
    workload_selector: WorkloadSelector | None = None


class Address(Wire, frozen=True):
    """`status.addresses[]` of a ServiceEntry or of a Gateway, and `spec.addresses[]` of this."""

    value: str | None = None
    type: str | None = None


class AddressStatus(Status, frozen=True):
    """`status` of an object that is given addresses."""

    addresses: list[Address] | None = None

    def values(self) -> tuple[str, ...]:
        """The addresses."""
        return tuple(address.value or "" for address in self.addresses or ())


_NO_ADDRESSES = AddressStatus()


class ServiceEntry(Object, frozen=True):
    """A ServiceEntry."""

    spec: ServiceEntrySpec | None = None
    status: AddressStatus | None = None

    def fact(self) -> l7_facts.ServiceEntry:
        """The flat ServiceEntry."""
        spec, status = self.spec or ServiceEntrySpec(), self.status or _NO_ADDRESSES
        return l7_facts.ServiceEntry(
            namespace=self.namespace,
            name=self.name,
            labels=texts(self.metadata.labels),
            conditions=status.facts(),
            canary_weight=(self.metadata.annotations or NO_ANNOTATIONS).canary_weight,
            hosts=tuple(spec.hosts or ()),
            addresses=tuple(spec.addresses or ()),
            allocated=status.values(),
            resolution=spec.resolution or "NONE",
            location=spec.location or "",
            workload_selector=texts(spec.workload_selector.labels) if spec.workload_selector else None,
        )


class WorkloadEntrySpec(Wire, frozen=True):
    """`spec` of a WorkloadEntry."""

    address: str | None = None
    labels: Texts = None


class WorkloadEntry(Object, frozen=True):
    """A WorkloadEntry."""

    spec: WorkloadEntrySpec | None = None
    status: Status | None = None

    def fact(self) -> l7_facts.WorkloadEntry:
        """The flat WorkloadEntry; the labels of both places are one [istiod `ConvertClientWorkloadEntry`]."""
        spec = self.spec or WorkloadEntrySpec()
        above, beneath = texts(self.metadata.labels), texts(spec.labels)
        return l7_facts.WorkloadEntry(
            namespace=self.namespace,
            name=self.name,
            labels={**beneath, **above},
            conditions=(self.status or _NO_STATUS).facts(),
            spec_labels=beneath,
            beaten=tuple(key for key in beneath if key in above),
            address=spec.address or "",
        )


class RouteNamespaces(Wire, frozen=True):
    """`listeners[].allowedRoutes.namespaces`."""

    from_: str | None = field(default=None, name="from")
    selector: Selector | None = None


class AllowedRoutes(Wire, frozen=True):
    """`listeners[].allowedRoutes`."""

    namespaces: RouteNamespaces | None = None


class Listener(Wire, frozen=True):
    """`spec.listeners[]` of a Gateway."""

    name: str | None = None
    port: int | None = None
    protocol: str | None = None
    allowed_routes: AllowedRoutes | None = None

    def fact(self) -> l7_facts.Listener:
        """The flat listener."""
        allowed = (self.allowed_routes and self.allowed_routes.namespaces) or RouteNamespaces()
        return l7_facts.Listener(
            name=self.name or "",
            port=self.port or 0,
            protocol=self.protocol or "",
            allowed_from=allowed.from_,
            selector=allowed.selector.fact() if allowed.selector else None,
        )


class GatewaySpec(Wire, frozen=True):
    """`spec` of a Gateway."""

    gateway_class_name: str | None = None
    listeners: list[Listener] | None = None
    addresses: list[Address] | None = None

    @property
    def managed(self) -> bool:
        """Whether istiod makes the proxies: no address is asked for, or one IP [gateway_utils.go `IsManaged`]."""
        asked = self.addresses or ()
        return not asked or (len(asked) == 1 and asked[0].type in (None, "IPAddress"))


class GatewayMetadata(Metadata, frozen=True):
    """`metadata` of a Gateway, with the generation that its conditions refer to."""

    generation: int | None = None


class Gateway(Object, frozen=True):
    """A Gateway of the Gateway API."""

    metadata: GatewayMetadata
    spec: GatewaySpec | None = None
    status: AddressStatus | None = None

    def fact(self) -> l7_facts.Gateway:
        """The flat Gateway."""
        spec, status = self.spec or GatewaySpec(), self.status or _NO_ADDRESSES
        return l7_facts.Gateway(
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
        )


class GatewayClassSpec(Wire, frozen=True):
    """`spec` of a GatewayClass."""

    controller_name: str | None = None


class GatewayClass(Object, frozen=True):
    """A GatewayClass."""

    spec: GatewayClassSpec | None = None

    def fact(self) -> l7_facts.GatewayClass:
        """The flat GatewayClass."""
        return l7_facts.GatewayClass(
            name=self.name,
            labels=texts(self.metadata.labels),
            inbound_binding=(self.metadata.annotations or NO_ANNOTATIONS).inbound_binding,
            controller=(self.spec and self.spec.controller_name) or "",
        )


def by_key(gateways: Iterable[l7_facts.Gateway]) -> dict[str, l7_facts.Gateway]:
    """The Gateways by `namespace/name`."""
    return {gateway.key: gateway for gateway in gateways}
