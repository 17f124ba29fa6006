"""Routes of the Gateway API: to which Services Gateways send, and whose Gateways those are."""

from collections.abc import Iterator
from typing import Any

from kubectl_ambient.cluster import caller_facts as facts
from kubectl_ambient.cluster.kinds.conditions import WireCondition
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.wire_parts import Object, Wire
from kubectl_ambient.kube.resources import find_resource

_GATEWAY_API = "gateway.networking.k8s.io"


class ParentReference(Wire, frozen=True):
    """`parentRefs[]` of a route, and `parentRef` of its status."""

    group: str | None = None
    kind: str | None = None
    namespace: str | None = None
    name: str | None = None
    section_name: str | None = None
    port: int | None = None

    @property
    def is_gateway(self) -> bool:
        """Whether it is no Service, as of a mesh, nor a set of listeners."""
        return self.group in (None, _GATEWAY_API) and self.kind in (None, "Gateway")

    def meant_in(self, home: str) -> tuple[object, ...]:
        """What it means to a route of this namespace."""
        group = _GATEWAY_API if self.group is None else self.group
        return group, self.kind or "Gateway", self.namespace or home, self.name, self.section_name, self.port


class BackendReference(Wire, frozen=True):
    """`backendRefs[]` of a rule."""

    group: str | None = None
    kind: str | None = None
    namespace: str | None = None
    name: str | None = None
    port: int | None = None
    weight: int | None = None


class RouteRule(Wire, frozen=True):
    """`rules[]` of a route."""

    backend_refs: list[BackendReference] | None = None


class RouteSpec(Wire, frozen=True):
    """`spec` of a route."""

    parent_refs: list[ParentReference] | None = None
    rules: list[RouteRule] | None = None

    def backends(self, home: str) -> Iterator[facts.RouteBackend]:
        """The Services that it leads to; nothing is sent to one of weight 0."""
        for one in (one for rule in self.rules or () for one in rule.backend_refs or ()):
            is_service = one.group in (None, "") and one.kind in (None, "Service")
            if is_service and one.name and one.weight != 0:
                yield facts.RouteBackend(namespace=one.namespace or home, service=one.name, port=one.port)


class RouteParent(Wire, frozen=True):
    """`status.parents[]`: what a controller says of one of the parents."""

    parent_ref: ParentReference | None = None
    controller_name: str | None = None
    conditions: list[WireCondition] | None = None

    @property
    def accepted(self) -> bool:
        """Whether it takes the route; one that does not say so does not."""
        return any(one.type == "Accepted" and one.status == "True" for one in self.conditions or ())

    @property
    def refuses_reference(self) -> bool:
        """Whether some Service of another namespace is none that the route may lead to: no ReferenceGrant says so."""
        every = self.conditions or ()
        return any(c.type == "ResolvedRefs" and c.status == "False" and c.reason == "RefNotPermitted" for c in every)


class RouteStatus(Wire, frozen=True):
    """`status` of a route."""

    parents: list[RouteParent] | None = None


class Route(Object, frozen=True):
    """An HTTPRoute or a GRPCRoute."""

    spec: RouteSpec | None = None
    status: RouteStatus | None = None

    def route(self, of: str) -> facts.Route:
        """The flat route of this kind."""
        spec = self.spec or RouteSpec()
        return facts.Route(
            kind=of,
            namespace=self.namespace,
            name=self.name,
            attached=tuple(self._attached(spec)),
            backends=tuple(dict.fromkeys(spec.backends(self.namespace))),
        )

    def _attached(self, spec: RouteSpec) -> Iterator[facts.Attachment]:
        home, parents = self.namespace, (self.status and self.status.parents) or ()
        for place, wanted in enumerate(spec.parent_refs or ()):
            if not wanted.is_gateway or not wanted.name:
                continue
            said = [
                (entry, one)
                for entry, one in enumerate(parents)
                if one.parent_ref is not None and one.parent_ref.meant_in(home) == wanted.meant_in(home)
            ]
            taken = [(entry, one) for entry, one in said if one.accepted]
            if taken or not said:
                entry, by = taken[0] if taken else (None, RouteParent())
                yield facts.Attachment(
                    namespace=wanted.namespace or home,
                    gateway=wanted.name,
                    parent=place,
                    controller=by.controller_name or "",
                    entry=entry,
                    refuses_reference=by.refuses_reference,
                )


def _entry(kind: str) -> Kind[facts.Route]:
    resource = find_resource(f"{kind.lower()}s.{_GATEWAY_API}")

    def routes(found: Any) -> tuple[facts.Route, ...]:
        return (found.route(kind),)

    return Kind(
        part="routes",
        resource=resource,
        wire=Route,
        facts=routes,
        words=resource.full_name,
        prefixed=True,
        rights=("list",),
        added=True,
    )


ROUTES = (_entry("HTTPRoute"), _entry("GRPCRoute"))
