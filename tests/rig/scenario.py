"""Plays the lab's scenario: a shop's applications, and what has happened to them so far."""

from __future__ import annotations

import datetime
from pathlib import Path

from .agent import ANNOTATION, BEHAVIOUR
from .api import Object
from .cluster import Cluster
from .load import documents
from .processes import wait_for

FILES = Path(__file__).resolve().parent / "scenario"

BROKEN_NODE, SLOW_NODE = "n3", "n4"

NAMESPACES = ("shop", "legacy", "payments", "batch", "typo", "catalog", "gateways")
_GATEWAYS = "/apis/gateway.networking.k8s.io/v1/gateways"


def play(cluster: Cluster) -> None:
    """Bring the applications up, then let things go wrong one after the other."""
    for node in ("n1", "n2"):
        cluster.kubectl("label", "node", node, "shop.example/pool=main")
    cluster.apply(*documents(FILES / "10-namespaces.yaml"))
    wait_for("the ServiceAccounts", lambda: _has_accounts(cluster, *NAMESPACES))
    cluster.apply(*documents(FILES / "20-shop.yaml", FILES / "30-others.yaml", FILES / "35-catalog.yaml"))
    wait_for("the applications to settle", lambda: _is_settled(cluster))
    _let_a_waypoint_die(cluster)
    _let_injection_return(cluster)
    _let_the_slow_node_stall(cluster)
    _let_the_broken_node_fail(cluster)
    cluster.apply(*documents(FILES / "40-later.yaml"))
    wait_for("the later applications", lambda: _later_are_settled(cluster))
    cluster.kubectl("delete", "pod", "session-mover", "-n", "shop", "--wait=false")
    _let_the_sandbox_fail(cluster)


def _has_accounts(cluster: Cluster, *namespaces: str) -> bool:
    path = "/api/v1/namespaces/{}/serviceaccounts/default"
    return all(cluster.api.get(path.format(namespace)) for namespace in namespaces)


def _redirection(cluster: Cluster, namespace: str, app: str) -> list[str | None]:
    pods = cluster.pods(namespace, f"app={app}")
    return [(pod["metadata"].get("annotations") or {}).get(ANNOTATION) for pod in pods]


def _is_settled(cluster: Cluster) -> bool:
    enrolled = {"cart": 2, "web": 3, "orders": 2, "search": 1, "session-mover": 1}
    job = cluster.api.get("/apis/batch/v1/namespaces/shop/jobs/nightly") or {}
    return (
        all(_redirection(cluster, "shop", app) == ["enabled"] * count for app, count in enrolled.items())
        and _redirection(cluster, "legacy", "ledger") == ["enabled"]
        and _redirection(cluster, "batch", "importer") == ["enabled"]
        and _redirection(cluster, "catalog", "products") == ["enabled"] * 2
        and _redirection(cluster, "catalog", "crawler") == ["enabled"]
        and all(_has_condition(gateway, "Programmed") for gateway in cluster.api.items(_GATEWAYS))
        and _is_bound(cluster, "products", "prices")
        and _has_condition(job, "Complete")
        and all(pod["status"]["phase"] != "Pending" for pod in _expected_to_run(cluster))
    )


def _expected_to_run(cluster: Cluster) -> list[Object]:
    pods = [pod for namespace in (*NAMESPACES, "kube-system") for pod in cluster.pods(namespace)]
    return [pod for pod in pods if (pod["metadata"].get("labels") or {}).get("app") != "recommender"]


def _has_condition(item: Object, kind: str) -> bool:
    conditions = item.get("status", {}).get("conditions") or []
    return any(c["type"] == kind and c["status"] == "True" for c in conditions)


def _is_bound(cluster: Cluster, *services: str) -> bool:
    """Whether istiod has bound them to their waypoints."""
    found = [cluster.api.get(f"/api/v1/namespaces/catalog/services/{name}") or {} for name in services]
    return all(_has_condition(service, "istio.io/WaypointBound") for service in found)


def _later_are_settled(cluster: Cluster) -> bool:
    injected = [
        pod
        for pod in cluster.pods("legacy", "app=invoices")
        if "sidecar.istio.io/status" in (pod["metadata"].get("annotations") or {}) and pod["status"].get("podIP")
    ]
    return (
        len(injected) == 1
        and _redirection(cluster, "shop", "checkout") == ["pending"]
        and all(pod["spec"].get("nodeName") for pod in cluster.pods("shop", "app=reindex"))
    )


def _let_a_waypoint_die(cluster: Cluster) -> None:
    """Its address stays, and with it all that is bound to it."""
    cluster.kubectl("scale", "deployment", "prices-wp", "-n", "catalog", "--replicas=0")
    of_it = "gateway.networking.k8s.io/gateway-name=prices-wp"
    wait_for("its pod to go", lambda: not cluster.pods("catalog", of_it))


def _let_injection_return(cluster: Cluster) -> None:
    cluster.kubectl("label", "namespace", "legacy", "istio-injection=enabled")


def _let_the_slow_node_stall(cluster: Cluster) -> None:
    cluster.kubectl("annotate", "node", SLOW_NODE, f"{BEHAVIOUR}=pending")


def _let_the_broken_node_fail(cluster: Cluster) -> None:
    """ztunnel fails on the node, and the agent there can let no pod go."""
    cluster.kubectl("annotate", "node", BROKEN_NODE, f"{BEHAVIOUR}=never")
    (ztunnel,) = [p for p in cluster.pods("istio-system", "app=ztunnel") if p["spec"]["nodeName"] == BROKEN_NODE]
    status = ztunnel["status"]
    for condition in status["conditions"]:
        if condition["type"] in ("Ready", "ContainersReady"):
            condition |= {
                "status": "False",
                "reason": "ContainersNotReady",
                "message": "containers with unready status: [istio-proxy]",
                "lastTransitionTime": _now(),
            }
    for container in status["containerStatuses"]:
        waiting = {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container=istio-proxy"}
        container |= {"ready": False, "started": False, "restartCount": 7, "state": {"waiting": waiting}}
    _set_status(cluster, ztunnel, status)
    cluster.kubectl("label", "pod", "importer", "-n", "batch", "istio.io/dataplane-mode-")


def _let_the_sandbox_fail(cluster: Cluster) -> None:
    """What a kubelet says when the node's agent does not take a new pod into the mesh."""
    (pod,) = cluster.pods("shop", "app=reindex")
    waiting = {"state": {"waiting": {"reason": "ContainerCreating"}}, "ready": False, "restartCount": 0}
    container = pod["spec"]["containers"][0]
    statuses = [waiting | {"name": container["name"], "image": container["image"], "imageID": ""}]
    _set_status(cluster, pod, {"containerStatuses": statuses, "startTime": _now()})
    message = (
        "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: "
        'plugin type="istio-cni" name="istio-cni" failed (add): istio-cni cmdAdd failed to contact node Istio '
        "CNI agent: unable to push CNI event (status code 500)"
    )
    event: Object = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "reindex.sandbox", "namespace": "shop"},
        "type": "Warning",
        "reason": "FailedCreatePodSandBox",
        "message": message,
        "count": 4,
        "firstTimestamp": _now(),
        "lastTimestamp": _now(),
        "source": {"component": "kubelet", "host": BROKEN_NODE},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            "name": pod["metadata"]["name"],
            "namespace": "shop",
            "uid": pod["metadata"]["uid"],
        },
    }
    cluster.apply(event)


def _set_status(cluster: Cluster, pod: Object, status: Object) -> None:
    metadata = pod["metadata"]
    path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/status"
    cluster.api.patch(path, {"status": status}, "kubelet")


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
