"""A small cluster with waypoints, and what may have one."""

from __future__ import annotations

from typing import Any

from tests.cluster import manifests_of as m

GATEWAY, ISTIO = "gateway.networking.k8s.io/v1", "networking.istio.io/v1"


def made(kind: str, version: str, name: str, namespace: str = "shop", **fields: Any) -> m.Manifest:
    labels = fields.pop("labels", {})
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **fields}


def gateway(name: str, namespace: str = "shop") -> m.Manifest:
    listeners = [{"name": "mesh", "port": 15008, "protocol": "HBONE"}]
    status = {"addresses": [{"type": "IPAddress", "value": "10.0.0.9"}]}
    return made("Gateway", GATEWAY, name, namespace, spec={"listeners": listeners}, status=status)


CLUSTER = [
    m.namespace("shop"),
    m.namespace("infra"),
    m.pod("web-1"),
    m.pod("wp-1", labels={"gateway.networking.k8s.io/gateway-name": "wp"}),
    m.pod("far-1", "infra", labels={"gateway.networking.k8s.io/gateway-name": "far"}),
    m.workload("Deployment", "istiod", "istio-system", labels={"app": "istiod"}),
    made(
        "Service",
        "v1",
        "cart",
        labels={"istio.io/use-waypoint": "far", "istio.io/use-waypoint-namespace": "infra"},
        spec={"clusterIP": "10.0.0.1"},
    ),
    made("ServiceEntry", ISTIO, "ext", spec={"hosts": ["a.example"]}),
    made("WorkloadEntry", ISTIO, "vm", spec={"address": "10.1.0.1"}),
    gateway("wp"),
    gateway("far", "infra"),
    {"apiVersion": GATEWAY, "kind": "GatewayClass", "metadata": {"name": "istio-waypoint"}, "spec": {}},
]
