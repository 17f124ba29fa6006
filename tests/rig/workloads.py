"""Short ways to write down what tests deploy."""

from __future__ import annotations

from collections.abc import Mapping

from .api import Object

AMBIENT = {"istio.io/dataplane-mode": "ambient"}
OPTED_OUT = {"istio.io/dataplane-mode": "none"}
INJECTED = {"istio-injection": "enabled"}


def namespace(name: str, labels: Mapping[str, str] | None = None) -> Object:
    """A Namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(labels or {})}}


def pod_spec(node: str | None = None, *, host_network: bool = False) -> Object:
    """One container, wherever there is room or on this node (by its label, so that the scheduler agrees)."""
    spec: Object = {"containers": [{"name": "app", "image": "registry.example/app:1.0"}]}
    if node:
        spec["nodeSelector"] = {"kubernetes.io/hostname": node}
        spec["tolerations"] = [{"operator": "Exists"}]
    if host_network:
        spec["hostNetwork"] = True
    return spec


def pod(
    name: str,
    in_namespace: str,
    *,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    node: str | None = None,
    host_network: bool = False,
) -> Object:
    """A Pod without an owner."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": in_namespace,
            "labels": {"app": name, **(labels or {})},
            "annotations": dict(annotations or {}),
        },
        "spec": pod_spec(node, host_network=host_network),
    }


def deployment(
    name: str,
    in_namespace: str,
    *,
    replicas: int = 1,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    node: str | None = None,
    host_network: bool = False,
) -> Object:
    """A Deployment; labels and annotations are its template's."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": in_namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name, **(labels or {})}, "annotations": dict(annotations or {})},
                "spec": pod_spec(node, host_network=host_network),
            },
        },
    }
