"""Short ways to write down what may have a waypoint, and waypoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .api import Object

Labels = Mapping[str, str] | None


def use(waypoint: str, namespace: str | None = None) -> dict[str, str]:
    """The labels that name a waypoint."""
    labels = {"istio.io/use-waypoint": waypoint}
    return labels if namespace is None else {**labels, "istio.io/use-waypoint-namespace": namespace}


def service(name: str, namespace: str, labels: Labels = None, *, app: str | None = None, **spec: object) -> Object:
    """A Service of the pods with the label `app`, by default its own name."""
    ports = [{"name": "http", "port": 80}]
    return _item("v1", "Service", name, namespace, labels, {"selector": {"app": app or name}, "ports": ports, **spec})


def external_name(name: str, namespace: str, labels: Labels = None) -> Object:
    """A Service that is no more than another name."""
    spec = {"type": "ExternalName", "externalName": "db.shop.example"}
    return _item("v1", "Service", name, namespace, labels, spec)


def service_entry(
    name: str, namespace: str, labels: Labels = None, *, hosts: Sequence[str] = (), **spec: object
) -> Object:
    """A ServiceEntry of one host, `NAME.shop.example`, unless others are named."""
    given = {
        "hosts": list(hosts) or [f"{name}.shop.example"],
        "ports": [{"number": 443, "name": "tls", "protocol": "TLS"}],
        "location": "MESH_EXTERNAL",
        "resolution": "DNS",
        **spec,
    }
    return _item("networking.istio.io/v1", "ServiceEntry", name, namespace, labels, given)


def workload_entry(
    name: str, namespace: str, labels: Labels = None, *, address: str, spec_labels: Labels = None
) -> Object:
    """A WorkloadEntry, a machine out of the cluster."""
    spec = {"address": address, "labels": {"app": name, **(spec_labels or {})}}
    return _item("networking.istio.io/v1", "WorkloadEntry", name, namespace, labels, spec)


def waypoint(
    name: str, namespace: str, traffic: str | None = None, *, allowed: Object | None = None, labels: Labels = None
) -> Object:
    """A Gateway of the class istio-waypoint. `allowed` is `allowedRoutes.namespaces` of its listener."""
    listener: Object = {"name": "mesh", "port": 15008, "protocol": "HBONE"}
    if allowed is not None:
        listener["allowedRoutes"] = {"namespaces": allowed}
    own = {} if traffic is None else {"istio.io/waypoint-for": traffic}
    spec = {"gatewayClassName": "istio-waypoint", "listeners": [listener]}
    return _item("gateway.networking.k8s.io/v1", "Gateway", name, namespace, {**own, **(labels or {})}, spec)


def _item(api_version: str, kind: str, name: str, namespace: str, labels: Labels, spec: Object) -> Object:
    metadata = {"name": name, "namespace": namespace, "labels": dict(labels or {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}
