"""L7 facts for tests: namespace `app` with a ready waypoint `wp` for services, as rows 97 to 114 suppose it."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from kubectl_ambient.cluster.facts import AgentContainer, Namespace, Pod, Unread
from kubectl_ambient.cluster.installation_facts import Istiod
from kubectl_ambient.cluster.kinds.conditions import Condition
from kubectl_ambient.cluster.kinds.gateways import Gateway, GatewayClass, Listener
from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.kinds.workload_entries import WorkloadEntry
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.waypoint.binding import Binding
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.rules import Target
from tests.mesh.builders import pod
from tests.snapshots import altered
from tests.snapshots import snapshot as snapshot_of

USE, USE_NS, FOR = "istio.io/use-waypoint", "istio.io/use-waypoint-namespace", "istio.io/waypoint-for"
EVERY = ("1.22.0", "1.23.0", "1.24.0", "1.25.0", "1.26.8", "1.27.0", "1.28.0", "1.29.6", "1.30.3", "1.31.0")
SINCE_123 = EVERY[1:]
HBONE = Listener(name="mesh", port=15008, protocol="HBONE")
FORBIDDEN = Unread(what="list services", why="forbidden")
USED = {"app": Namespace(name="app", labels={USE: "wp"})}
WAYPOINT_CLASS = GatewayClass(name="istio-waypoint", controller="istio.io/mesh-controller")


def use(name: str, namespace: str | None = None) -> dict[str, str]:
    """The labels that name a waypoint."""
    return {USE: name} if namespace is None else {USE: name, USE_NS: namespace}


def gateway(name: str = "wp", namespace: str = "app", **fields: Any) -> Gateway:
    """A ready waypoint."""
    settings: dict[str, Any] = {
        "class_name": "istio-waypoint",
        "listeners": (HBONE,),
        "addresses": ("10.0.0.1",),
        "conditions": (Condition(type="Programmed", status="True"),),
    }
    return Gateway(namespace=namespace, name=name, **{**settings, **fields})


WP = gateway(addresses=("10.0.0.9",), conditions=())


def admitting(allowed_from: str | None, selector: Any = None) -> tuple[Listener, ...]:
    """The listener of a waypoint, with these allowedRoutes."""
    return (structs.replace(HBONE, allowed_from=allowed_from, selector=selector),)


def service(labels: dict[str, str] | None = None, **fields: Any) -> Service:
    settings: dict[str, Any] = {"namespace": "app", "name": "cart", "cluster_ips": ("10.0.1.1",)}
    return Service(labels=labels or {}, **{**settings, **fields})


def service_entry(labels: dict[str, str] | None = None, **fields: Any) -> ServiceEntry:
    settings: dict[str, Any] = {
        "namespace": "app",
        "name": "bank",
        "hosts": ("bank.example",),
        "addresses": ("240.0.0.1",),
    }
    return ServiceEntry(labels=labels or {}, **{**settings, **fields})


def workload_entry(labels: dict[str, str] | None = None, **fields: Any) -> WorkloadEntry:
    return WorkloadEntry(labels=labels or {}, **{"namespace": "app", "name": "vm", "address": "10.2.0.1", **fields})


def proxy(of: str = "wp", namespace: str = "app", **fields: Any) -> Pod:
    """A pod of a Gateway."""
    return pod({GATEWAY_NAME: of}, namespace=namespace, name=f"{of}-1", **fields)


def istiod(version: str, name: str = "istiod") -> Istiod:
    container = AgentContainer(image=f"docker.io/istio/pilot:{version}")
    return Istiod(namespace="istio-system", name=name, container=container)


def mesh(
    *targets: Target,
    namespace: dict[str, str] | None = None,
    version: str = "1.30.3",
    gateways: tuple[Gateway, ...] = (gateway(),),
    classes: tuple[GatewayClass, ...] = (WAYPOINT_CLASS,),
    **fields: Any,
) -> Snapshot:
    """A snapshot of these; `namespace` holds the labels of namespace app."""
    settings: dict[str, Any] = {
        "pods": [t for t in targets if isinstance(t, Pod)],
        "namespaces": {"app": Namespace(name="app", labels=namespace or {})},
        "istiods": [istiod(version)],
        "services": [t for t in targets if isinstance(t, Service)],
        "service_entries": [t for t in targets if isinstance(t, ServiceEntry)],
        "workload_entries": [t for t in targets if isinstance(t, WorkloadEntry)],
        "gateways": gateways,
        "gateway_classes": classes,
    }
    return snapshot_of(**{**settings, **fields})


def a_mesh(*gateways: Gateway, namespaces: dict[str, Any] = USED, **parts: Any) -> Snapshot:
    """A snapshot of Gateways each with its pod, without GatewayClasses; namespace app names `wp`."""
    found = mesh(gateways=gateways, classes=(), namespaces=namespaces)
    return altered(found, **{"instances": [proxy(g.name, g.namespace) for g in gateways], **parts})


def bind(target: Target, snapshot: Snapshot | None = None, /, **fields: Any) -> Binding:
    """The binding of one object in a mesh of its own, or in that snapshot."""
    return WaypointJudge(snapshot or mesh(target, **fields)).of(target)


def codes(binding: Binding) -> list[str]:
    return [finding.code for finding in binding.findings]
