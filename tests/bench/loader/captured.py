"""Parts of the real Istio, from the bundled example: agents, an injected proxy, a waypoint, the installation."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from tests.bench.loader import marks
from tests.rig.api import Object
from tests.rig.load import documents

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "shop.yaml"
SYSTEM = "istio-system"
VERSION = "1.30.3"
OLDER = "1.29.6"
"""The version that half of the nodes still run: an upgrade half way."""

_BY_SERVER = ("creationTimestamp", "resourceVersion", "uid", "generation")


def installation() -> list[Object]:
    """What `istioctl install` made, without pods."""
    kinds = {"ConfigMap", "DaemonSet", "Deployment", "ReplicaSet", "Service", "MutatingWebhookConfiguration"}
    kinds |= {"GatewayClass"}
    system = _find("Namespace", SYSTEM)
    wanted = [d for d in _all() if d["kind"] in kinds and d["metadata"].get("namespace", SYSTEM) == SYSTEM]
    return [system, *wanted]


def istiod() -> Object:
    """The pod of istiod."""
    pod = _renamed(_find("Pod", "istiod-"), {})
    _placed(pod)
    return pod


def agent(name: str, version: str) -> Object:
    """A pod of the DaemonSet of that name."""
    pod = _find("Pod", f"{name}-", ready=True)
    names = {
        pod["metadata"]["name"]: f"{name}-{marks.SUFFIX}",
        VERSION: version,
        pod["metadata"]["labels"]["controller-revision-hash"]: f"{version.replace('.', '')}ffff",
    }
    renamed = _renamed(pod, names)
    renamed["spec"].pop("affinity", None)
    _placed(renamed)
    return renamed


def with_sidecar(pod: Object) -> Object:
    """The pod as the webhook would have changed it."""
    injected = _find("Pod", "invoices-")
    spec, annotations = injected["spec"], injected["metadata"]["annotations"]
    here = {volume["name"] for volume in pod["spec"]["volumes"]}
    volumes = [v for v in spec["volumes"] if v["name"] not in here and not v["name"].startswith("kube-api-access")]
    proxies = [_without_token(container) for container in spec["initContainers"]]
    labels = {"security.istio.io/tlsMode": "istio", "service.istio.io/canonical-name": pod["metadata"]["labels"]["app"]}
    return pod | {
        "metadata": pod["metadata"]
        | {
            "labels": pod["metadata"]["labels"] | labels,
            "annotations": pod["metadata"]["annotations"] | annotations,
        },
        "spec": pod["spec"] | {"initContainers": proxies, "volumes": [*pod["spec"]["volumes"], *volumes]},
        "status": pod["status"] | {"initContainerStatuses": injected["status"].get("initContainerStatuses", [])},
    }


def waypoint() -> list[Object]:
    """A waypoint: Gateway, Deployment, ReplicaSet and Service, and last its pod."""
    found = [_find(kind, "wp", "catalog") for kind in ("Gateway", "Deployment", "ReplicaSet", "Service", "Pod")]
    gateway, deployment, replicas, service, pod = found
    names = {
        pod["metadata"]["name"]: f"wp-{marks.HASH}-{marks.SUFFIX}",
        pod["metadata"]["labels"]["pod-template-hash"]: marks.HASH,
        service["spec"]["clusterIP"]: marks.SERVICE_IP,
        gateway["metadata"]["uid"]: marks.GATEWAY,
        deployment["metadata"]["uid"]: marks.WORKLOAD,
        replicas["metadata"]["uid"]: marks.REPLICA_SET,
        "catalog": marks.NAMESPACE,
    }
    renamed = [_renamed(item, names) for item in found]
    _placed(renamed[-1])
    return renamed


@cache
def _all() -> list[Object]:
    return list(documents(EXAMPLE))


def _find(kind: str, start: str, namespace: str | None = None, *, ready: bool = False) -> Object:
    """The first object of the kind whose name begins so; KeyError where the example has none."""
    for item in _all():
        metadata = item["metadata"]
        fits = item["kind"] == kind and metadata["name"].startswith(start)
        if fits and namespace in (None, metadata.get("namespace")) and (not ready or _is_ready(item)):
            return item
    raise KeyError(f"{kind} {start}")


def _is_ready(pod: Object) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"]["conditions"])


def _renamed(item: Object, names: dict[str, str]) -> Object:
    """The object with other words in it, and without what a server sets."""
    text = json.dumps(item)
    for old, new in names.items():
        text = text.replace(old, new)
    renamed: Object = json.loads(text)
    for field in _BY_SERVER:
        renamed["metadata"].pop(field, None)
    return renamed


def _placed(pod: Object) -> None:
    """Put marks where its node stands, its addresses, and when it began."""
    status = pod["status"]
    pod["spec"]["nodeName"] = marks.NODE
    status["hostIP"], status["hostIPs"] = marks.NODE_IP, [{"ip": marks.NODE_IP}]
    status["podIP"], status["podIPs"] = marks.POD_IP, [{"ip": marks.POD_IP}]
    status["startTime"] = marks.CREATED
    for condition in status["conditions"]:
        condition["lastTransitionTime"] = marks.CREATED


def _without_token(container: dict[str, Any]) -> dict[str, Any]:
    mounts = container.get("volumeMounts", [])
    return container | {"volumeMounts": [m for m in mounts if not m["name"].startswith("kube-api-access")]}
