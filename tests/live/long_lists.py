"""A bare server with lists that do not fit into a page: its objects are written straight into etcd, as JSON."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from tests.bench.loader.captured import SYSTEM, installation
from tests.bench.loader.etcd import Entry, Etcd
from tests.rig.api import ApiError, Object
from tests.rig.apiserver import ApiServer
from tests.rig.workloads import AMBIENT, namespace

MANY, FEW = "many", "few"
"""A namespace in ambient mode with more pods than a page has, and a plain one."""
IN_MANY, IN_FEW = 600, 40
PODS = IN_MANY + IN_FEW + 4
"""Those and the agents."""
_FOLDERS = {"Node": "minions", "Service": "services/specs"}
_BORN = "2026-01-02T03:04:05Z"


def fill(server: ApiServer) -> None:
    """Istio with its agents on two nodes, an application in each namespace; waits until the server knows them."""
    objects: list[Object] = [item for item in installation() if item["kind"] not in ("GatewayClass", _WEBHOOKS)]
    objects += [namespace(MANY, AMBIENT), namespace(FEW), *map(_node, ("n1", "n2"))]
    for where, count in ((MANY, IN_MANY), (FEW, IN_FEW)):
        for name in ("web", *(f"idle-{i:02}" for i in range(59))):
            objects += [_deployment(name, where), _service(name, where)]
        objects += [_application(i, where) for i in range(count)]
    objects += [_agent(name, label, node) for name, label in _AGENTS.items() for node in ("n1", "n2")]
    write(server, objects)


_WEBHOOKS = "MutatingWebhookConfiguration"
_AGENTS = {"istio-cni-node": {"k8s-app": "istio-cni-node"}, "ztunnel": {"app": "ztunnel"}}


def write(server: ApiServer, objects: Iterable[Object]) -> None:
    """Put objects under their keys in etcd, whatever they lack, and wait until the server knows the last."""
    revision = Etcd(server.storage).write(map(_entry, objects))
    for path in ("/api/v1/pods", "/api/v1/namespaces", "/api/v1/services", "/apis/apps/v1/deployments"):
        server.processes.wait_for(f"{path} to be known", partial(_knows, server, path, revision))


def _knows(server: ApiServer, path: str, revision: int) -> bool:
    query = {"resourceVersion": str(revision), "resourceVersionMatch": "NotOlderThan"}
    try:
        server.api.request("GET", path, query=query | {"fieldSelector": "metadata.name=nobody"})
    except ApiError as error:
        if error.status != 504:
            raise
        return False
    return True


def key(kind: str, name: str, home: str = "") -> bytes:
    """Where a server keeps an object."""
    folder = _FOLDERS.get(kind, f"{kind.lower()}s")
    return "/".join(["/registry", *filter(None, (folder, home, name))]).encode()


def _entry(item: Object) -> Entry:
    metadata = item["metadata"]
    stored = item | {"metadata": {"uid": str(uuid.uuid4()), "creationTimestamp": _BORN} | metadata}
    return key(item["kind"], metadata["name"], metadata.get("namespace", "")), json.dumps(stored).encode()


def without_fields(name: str, home: str) -> Object:
    """A pod that has a name, and nothing that everyone else has."""
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": home, "creationTimestamp": None}}


def pod(name: str, home: str, node: str, labels: Mapping[str, str], image: str = "app:1", **metadata: Any) -> Object:
    """A pod that runs."""
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": _BORN}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": home, "labels": dict(labels), **metadata},
        "spec": {"nodeName": node, "containers": [{"name": "app", "image": image}]},
        "status": {"phase": "Running", "podIP": "10.1.0.1", "podIPs": [{"ip": "10.1.0.1"}], "conditions": [ready]},
    }


def _application(number: int, home: str) -> Object:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d9f", "uid": "u", "controller": True}
    inside = {"ambient.istio.io/redirection": "enabled"} if home == MANY else {}
    labels = {"app": "web", "pod-template-hash": "5d9f"}
    if home == MANY and number % 50 == 0:
        labels |= AMBIENT  # for `labels` to tell
    name, node = f"web-5d9f-{number:04}", f"n{number % 2 + 1}"
    return pod(name, home, node, labels, annotations=inside, ownerReferences=[owner])


def _agent(name: str, labels: Mapping[str, str], node: str) -> Object:
    program = "install-cni" if "cni" in name else "ztunnel"
    return pod(f"{name}-{node}", SYSTEM, node, labels, f"docker.io/istio/{program}:1.30.3")


def _node(name: str) -> Object:
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}


def _deployment(name: str, home: str) -> Object:
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "app", "image": "app:1"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": home}, "spec": spec
    }  # fmt: skip


def _service(name: str, home: str) -> Object:
    spec = {"selector": {"app": name}, "clusterIP": "None", "ports": [{"port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": home}, "spec": spec}
