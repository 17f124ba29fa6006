"""`--plan` on the real control plane: what it says is what then happens, and what the next restart brings."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.rig.agent import ANNOTATION
from tests.rig.cluster import Cluster
from tests.rig.kubectl import Runner
from tests.rig.l7 import waypoint
from tests.rig.processes import wait_for
from tests.rig.workloads import AMBIENT, INJECTED, OPTED_OUT, deployment, pod

from .conftest import NewNamespace
from .test_status import phase, workload
from .waypoint_scene import wait_until_serving

SIDECAR = "sidecar.istio.io/status"


def planned(ambient: Runner, *words: str) -> dict[str, Any]:
    found = ambient(*words, "--plan", "-o", "json")
    assert found.code == 0, found.stderr
    plan: dict[str, Any] = json.loads(found.stdout)
    return plan


def going(plan: dict[str, Any], direction: str) -> set[str]:
    return {move["pod"] for move in plan["moves"] if move["direction"] == direction}


def redirected(cluster: Cluster, namespace: str) -> set[str]:
    """The pods that the agent has put in."""
    return {
        found["metadata"]["name"]
        for found in cluster.pods(namespace)
        if (found["metadata"].get("annotations") or {}).get(ANNOTATION) == "enabled"
    }


def modes(cluster: Cluster, namespace: str) -> dict[str, str]:
    """By the label `app`, what each pod is in that is not ending."""
    found = {}
    for each in cluster.pods(namespace):
        metadata = each["metadata"]
        if not metadata.get("deletionTimestamp") and each["status"].get("phase") not in ("Succeeded", "Failed"):
            annotations = metadata.get("annotations") or {}
            mode = "ambient" if annotations.get(ANNOTATION) == "enabled" else "none"
            found[metadata["labels"]["app"]] = "sidecar" if SIDECAR in annotations else mode
    return found


def running(cluster: Cluster, namespace: str, count: int) -> None:
    def ready() -> bool:
        found = [p for p in cluster.pods(namespace) if not p["metadata"].get("deletionTimestamp")]
        return len(found) == count and all(p["status"].get("podIP") for p in found)

    wait_for(f"{count} pods", ready)


@pytest.fixture
def shop(cluster: Cluster, new_namespace: NewNamespace) -> str:
    """legacy and kept are injected by the real webhook; nothing injects any more when the others come."""
    name = new_namespace(INJECTED)
    cluster.apply(
        deployment("legacy", name),
        deployment("kept", name, labels={"sidecar.istio.io/inject": "true"}),
    )
    running(cluster, name, 2)
    assert modes(cluster, name) == {"legacy": "sidecar", "kept": "sidecar"}
    cluster.kubectl("label", "ns", name, "istio-injection-")
    cluster.apply(
        deployment("web", name, replicas=2),
        deployment("reports", name, labels=OPTED_OUT),
        deployment("agent", name, host_network=True),
        deployment("edge", name, labels={"gateway.istio.io/managed": "istio.io-gateway-controller"}),
        pod("bare", name),
        workload("Job", "done", name),
    )
    phase(cluster, name, "done", "Succeeded")
    running(cluster, name, 9)
    return name


def test_what_is_planned_is_what_happens(cluster: Cluster, shop: str, ambient: Runner) -> None:
    plan = planned(ambient, "enable", "ns", shop)
    there = {p["metadata"]["name"]: p["metadata"]["labels"]["app"] for p in cluster.pods(shop)}
    # What has ended goes nowhere, and is in no list.
    assert {move["pod"] for move in plan["moves"]} == {name for name, app in there.items() if app != "done"}
    assert redirected(cluster, shop) == set()
    assert "GatewaySweptIn" in {risk["code"] for risk in plan["risks"]}
    after = {move["pod"].split("-")[0]: move["afterRestart"] for move in plan["moves"]}

    ambient("enable", "ns", shop)
    wait_for("those that move in", lambda: redirected(cluster, shop) == going(plan, "in"))
    again = planned(ambient, "enable", "ns", shop)
    assert going(again, "stays in") == going(plan, "in")
    assert going(again, "stays out") == going(plan, "stays out")

    cluster.kubectl("rollout", "restart", "deploy", "-n", shop)
    owned = {app: what for app, what in after.items() if app != "bare"}
    wait_for("what the restart brings", lambda: _agree(modes(cluster, shop), owned))
    assert after["legacy"] == "ambient"
    assert after["kept"] == "sidecar"

    back = planned(ambient, "disable", "ns", shop)
    ambient("disable", "ns", shop)
    wait_for("those that move out", lambda: redirected(cluster, shop) == going(back, "stays in"))


def _agree(now: dict[str, str], told: dict[str, str]) -> bool:
    return all(now.get(app) == what for app, what in told.items())


def test_nothing_is_sent(cluster: Cluster, namespace: str, ambient: Runner) -> None:
    before = cluster.api.get(f"/api/v1/namespaces/{namespace}")
    found = ambient("enable", "ns", namespace, "--plan")
    assert found.code == 0
    assert found.stdout.endswith("Nothing was sent.\n")
    assert cluster.api.get(f"/api/v1/namespaces/{namespace}") == before


def policy(namespace: str, *ports: int) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "by-port", "namespace": namespace},
        "spec": {
            "podSelector": {"matchLabels": {"app": "web"}},
            "ingress": [{"from": [{"namespaceSelector": {}}], "ports": [{"port": port} for port in ports]}],
        },
    }


def with_port(found: dict[str, Any]) -> dict[str, Any]:
    found["spec"]["containers"][0]["ports"] = [{"containerPort": 8080}]
    return found


def test_pairs_across_namespaces_that_a_network_policy_stops(
    cluster: Cluster, new_namespace: NewNamespace, ambient: Runner
) -> None:
    shop, pay = new_namespace(), new_namespace(AMBIENT)
    cluster.apply(with_port(pod("web", shop)), pod("till", pay), pod("stray", shop), policy(shop, 8080))
    running(cluster, shop, 2)
    wait_for("till to be in", lambda: redirected(cluster, pay) == {"till"})

    def pairs() -> set[str]:
        plan = planned(ambient, "enable", "ns", shop)
        found = [risk["affects"] for risk in plan["risks"] if risk["code"] == "NetworkPolicyBlocksMesh"]
        mine = (f"Pod/{shop}/", f"Pod/{pay}/")
        return {pair for pairs in found for pair in pairs if pair.startswith(mine)}

    stopped = {f"Pod/{pay}/till -> Pod/{shop}/web:15008", f"Pod/{shop}/stray -> Pod/{shop}/web:15008"}
    assert pairs() == stopped
    refused = ambient("enable", "ns", shop, "--fail-on", "error")
    assert refused.code == 3
    assert "NetworkPolicyBlocksMesh" in refused.stderr
    assert "nothing was changed" in refused.stderr
    assert redirected(cluster, shop) == set()
    cluster.apply(policy(shop, 8080, 15008))
    assert pairs() == set()


def test_what_is_called_through_a_waypoint_that_only_its_service_names(
    cluster: Cluster, new_namespace: NewNamespace, ambient: Runner
) -> None:
    """Nothing else says that its namespace has to do with the mesh."""
    shop, far, edge = (new_namespace() for _ in range(3))
    call = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"ports": [{"port": 8080}]}]}
    metadata = {"name": "by-port", "namespace": shop}
    outward = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": call}
    gateway = waypoint("wp", edge, "all", allowed={"from": "All"})
    cluster.apply(gateway)
    cluster.apply(pod("till", shop), with_port(pod("web", far)), service(far), outward)
    running(cluster, shop, 1)
    running(cluster, far, 1)
    wait_until_serving(cluster, gateway)

    def pairs() -> set[tuple[str, str]]:
        risks = planned(ambient, "enable", "ns", shop)["risks"]
        return {(risk["code"], pair) for risk in risks for pair in risk["affects"] if f"/{far}/" in pair}

    assert pairs() == set()
    labels = ["istio.io/use-waypoint=wp", f"istio.io/use-waypoint-namespace={edge}"]
    cluster.kubectl("label", "service", "web", "-n", far, *labels)
    assert pairs() == {("NetworkPolicyBlocksWaypoint", f"Pod/{shop}/till -> Pod/{far}/web:8080")}


def test_a_gateway_of_istio_outside_of_the_mesh_calls_by_15008(
    cluster: Cluster, new_namespace: NewNamespace, ambient: Runner
) -> None:
    """The one that istiod makes, in a namespace without any label; a policy admits it to the application's port."""
    shop, edge = new_namespace(), new_namespace()
    listener = {"name": "http", "port": 80, "protocol": "HTTP"}
    spec = {"gatewayClassName": "istio", "listeners": [listener]}
    metadata = {"name": "in", "namespace": edge}
    gateway = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": metadata, "spec": spec}
    cluster.apply(gateway, with_port(pod("web", shop)), policy(shop, 8080))
    running(cluster, shop, 1)
    running(cluster, edge, 1)
    (proxy,) = (found["metadata"]["name"] for found in cluster.pods(edge))

    def pairs() -> set[str]:
        risks = planned(ambient, "enable", "ns", shop)["risks"]
        told = [risk["affects"] for risk in risks if risk["code"] == "NetworkPolicyBlocksMesh"]
        return {pair for pairs in told for pair in pairs if f"/{edge}/" in pair}

    assert pairs() == {f"Pod/{edge}/{proxy} -> Pod/{shop}/web:15008"}
    cluster.apply(policy(shop, 8080, 15008))
    assert pairs() == set()


def strict(namespace: str, mode: str) -> dict[str, Any]:
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": "default", "namespace": namespace},
        "spec": {"mtls": {"mode": mode}},
    }


def service(namespace: str) -> dict[str, Any]:
    spec = {"type": "NodePort", "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}
    metadata = {"name": "web", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def authorization(namespace: str, rule: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": "allow", "namespace": namespace},
        "spec": {"action": "ALLOW", "rules": [rule]},
    }


GET = {"to": [{"operation": {"methods": ["GET"]}}]}
PORT = {"to": [{"operation": {"ports": ["8080"]}}]}
CASES: dict[str, Callable[[str], tuple[list[dict[str, Any]], list[dict[str, Any]]]]] = {
    "StrictRefusesOutside": lambda ns: ([service(ns), strict(ns, "STRICT")], [strict(ns, "PERMISSIVE")]),
    "PolicyDeniesAll": lambda ns: ([authorization(ns, GET)], [authorization(ns, PORT)]),
}


@pytest.mark.parametrize("code", CASES)
def test_a_risk_and_a_near_miss(cluster: Cluster, namespace: str, ambient: Runner, code: str) -> None:
    raised, missed = CASES[code](namespace)
    cluster.apply(with_port(pod("web", namespace)), *raised)
    running(cluster, namespace, 1)

    def codes() -> set[str]:
        return {risk["code"] for risk in planned(ambient, "enable", "ns", namespace)["risks"]}

    assert code in codes()
    cluster.apply(*missed)
    assert code not in codes()
