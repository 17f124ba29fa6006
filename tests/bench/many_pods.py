"""Fills a real API server with pods as large as those of a real cluster."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.rig.api import Api

NAMESPACES = 50
NODES = 20


def fill(api: Api, pods: int) -> None:
    """Create namespaces, nodes, agents and so many pods (about 8 KB each, as a kubelet leaves them)."""

    def created(path: str, body: dict[str, Any]) -> None:
        api.request("POST", path, body)

    for number in range(NAMESPACES):
        labels = {"istio.io/dataplane-mode": "ambient"} if number % 2 else {}
        created("/api/v1/namespaces", {"metadata": {"name": f"team-{number}", "labels": labels}})
    created("/api/v1/namespaces", {"metadata": {"name": "istio-system"}})
    for number in range(NODES):
        node = {"metadata": {"name": f"node-{number}", "labels": {"kubernetes.io/os": "linux"}}}
        created("/api/v1/nodes", node)
    _install(api)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: _make(api, number), range(pods)))


def _install(api: Api) -> None:
    data = {"AMBIENT_ENABLED": "true", "EXCLUDE_NAMESPACES": "kube-system", "CURRENT_AGENT_VERSION": "1.29.6"}
    data["AMBIENT_ENABLEMENT_SELECTOR"] = (
        "- podSelector: {matchLabels: {istio.io/dataplane-mode: ambient}}\n"
        "- podSelector: {matchExpressions: [{key: istio.io/dataplane-mode, operator: NotIn, values: [none]}]}\n"
        "  namespaceSelector: {matchLabels: {istio.io/dataplane-mode: ambient}}\n"
    )
    config = {"metadata": {"name": "istio-cni-config"}, "data": data}
    api.request("POST", "/api/v1/namespaces/istio-system/configmaps", config)
    for program, labels in (
        ("install-cni", {"k8s-app": "istio-cni-node"}),
        ("ztunnel", {"app": "ztunnel"}),
    ):
        containers = [{"name": program, "image": f"docker.io/istio/{program}:1.29.6"}]
        template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
        name = "istio-cni-node" if program == "install-cni" else program
        spec = {"selector": {"matchLabels": labels}, "template": template}
        body = {"metadata": {"name": name, "labels": labels}, "spec": spec}
        api.request("POST", "/apis/apps/v1/namespaces/istio-system/daemonsets", body)
        for number in range(NODES):
            pod = {
                "metadata": {"name": f"{name}-{number}", "labels": labels},
                "spec": {"nodeName": f"node-{number}", "containers": containers},
            }
            api.request("POST", "/api/v1/namespaces/istio-system/pods", pod)
            api.patch(f"/api/v1/namespaces/istio-system/pods/{name}-{number}/status", {"status": _status(number)})


def _make(api: Api, number: int) -> None:
    namespace, name = f"team-{number % NAMESPACES}", f"web-{number // 10:05d}-7f9c6d5b8-{number % 10}xk4p"
    path = f"/api/v1/namespaces/{namespace}/pods"
    api.request("POST", path, _pod(name, number))
    annotations = {"ambient.istio.io/redirection": "enabled"} if (number % NAMESPACES) % 2 else {}
    api.patch(f"{path}/{name}/status", {"metadata": {"annotations": annotations}, "status": _status(number)})


def _pod(name: str, number: int) -> dict[str, Any]:
    env = [{"name": f"SETTING_{i}", "value": f"value-{i}-of-{name}"} for i in range(25)]
    mounts = [{"name": f"volume-{i}", "mountPath": f"/var/lib/app/{i}", "readOnly": True} for i in range(8)]
    probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 10}
    container = {
        "image": "registry.example/team/app:v1.2.3",
        "env": env,
        "volumeMounts": mounts,
        "ports": [{"containerPort": 8080, "name": "http"}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "readinessProbe": probe,
        "livenessProbe": probe,
    }
    volumes = [{"name": f"volume-{i}", "configMap": {"name": f"settings-{i}"}} for i in range(8)]
    return {
        "metadata": {
            "name": name,
            "labels": {"app": f"web-{number // 10:05d}", "pod-template-hash": "7f9c6d5b8", "team": f"t{number % 9}"},
            "annotations": {"checksum/config": "3b" * 32, "kubernetes.io/config.seen": "2026-01-01T00:00:00Z"},
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "ReplicaSet",
                    "name": f"web-{number // 10:05d}-7f9c6d5b8",
                    "uid": f"{number // 10:08x}-0000-4000-8000-000000000000",
                    "controller": True,
                }
            ],
        },
        "spec": {
            "nodeName": f"node-{number % NODES}",
            "containers": [{"name": "app", **container}, {"name": "helper", **container}],
            "volumes": volumes,
        },
    }


def _status(number: int) -> dict[str, Any]:
    moment = "2026-01-01T00:00:00Z"
    kinds = ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    return {
        "phase": "Running",
        "podIP": f"10.{number // 65536}.{number // 256 % 256}.{number % 256}",
        "podIPs": [{"ip": f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"}],
        "startTime": moment,
        "conditions": [{"type": kind, "status": "True", "lastTransitionTime": moment} for kind in kinds],
        "containerStatuses": [
            {
                "name": name,
                "image": "registry.example/team/app:v1.2.3",
                "imageID": "registry.example/team/app@sha256:" + "ab" * 32,
                "containerID": "containerd://" + "cd" * 32,
                "ready": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": moment}},
            }
            for name in ("app", "helper")
        ],
    }
