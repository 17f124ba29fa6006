"""NetworkPolicies on the way through a waypoint: what is read for them, what a run tells, and files tell the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.kube.standin import status
from tests.mesh.path_scene import GATEWAY_NAME, IN, MANAGED, Manifest, pod, service

from .enable_fixtures import Run
from .objects_api import ObjectsApi

PATHS = {
    "Namespace": "/api/v1/namespaces",
    "Pod": "/api/v1/namespaces/{}/pods",
    "Service": "/api/v1/namespaces/{}/services",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "Gateway": "/apis/gateway.networking.k8s.io/v1/namespaces/{}/gateways",
    "GatewayClass": "/apis/gateway.networking.k8s.io/v1/gatewayclasses",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
}
AMBIENT = {"istio.io/dataplane-mode": "ambient"}
ENABLE = ("waypoint", "enable", "svc", "web", "-n", "shop", "--waypoint", "infra/wp")
WAYPOINT = {"podSelector": {"matchLabels": {GATEWAY_NAME: "wp"}}, "namespaceSelector": {}}
CALLER = {"podSelector": {"matchLabels": {"app": "caller"}}}


def namespace(name: str, labels: dict[str, str] = AMBIENT) -> Manifest:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def policy(namespace: str, **spec: Any) -> Manifest:
    metadata = {"name": "p", "namespace": namespace, "labels": {}}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def mesh() -> list[Manifest]:
    """A Service in `shop`, a waypoint in `infra`, callers in `shop`, `pay` and `far`; `plain` is out of the mesh."""
    containers = [
        {
            "name": "discovery",
            "image": "docker.io/istio/pilot:1.30.3",
            "env": [{"name": "PILOT_ENABLE_AMBIENT", "value": "true"}],
        }
    ]
    template = {"metadata": {"labels": {"app": "istiod"}}, "spec": {"containers": containers}}
    listener = {"name": "mesh", "port": 15008, "protocol": "HBONE", "allowedRoutes": {"namespaces": {"from": "All"}}}
    proxy = {GATEWAY_NAME: "wp", MANAGED: "istio.io-mesh-controller", "istio.io/dataplane-mode": "none"}
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "istiod", "namespace": "istio-system", "labels": {"app": "istiod"}},
            "spec": {"template": template},
        },
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "GatewayClass",
            "metadata": {"name": "istio-waypoint", "labels": {}},
            "spec": {"controllerName": "istio.io/mesh-controller"},
        },
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "metadata": {"name": "wp", "namespace": "infra", "labels": {}},
            "spec": {"gatewayClassName": "istio-waypoint", "listeners": [listener]},
            "status": {"addresses": [{"value": "10.96.9.9"}]},
        },
        *map(namespace, ("shop", "infra", "pay", "far")),
        namespace("plain", {}),
        pod("wp-1", namespace="infra", labels=proxy),
        pod("web", annotations=IN),
        service("web"),
        pod("caller", annotations=IN),
        pod("till", namespace="pay", annotations=IN),
        pod("job", namespace="far", annotations=IN),
        pod("one", namespace="plain", annotations=IN, labels=AMBIENT),
        pod("old", namespace="plain"),
    ]


def put(api: ObjectsApi, found: list[Manifest]) -> None:
    for item in found:
        metadata = item["metadata"]
        metadata.setdefault("labels", {})
        path = f"{PATHS[item['kind']].format(metadata.get('namespace'))}/{metadata['name']}"
        api.objects[path] = {**item, "metadata": {"resourceVersion": "1", **metadata}}


def asked(api: ObjectsApi) -> list[str]:
    """What was read."""
    return [found.path for found in api._standin.seen if found.method == "GET"]


def pods_read(api: ObjectsApi) -> set[str]:
    """Of which namespaces pods were read; those of everywhere by their selector."""
    found = set()
    for one in api._standin.seen:
        if one.path.endswith("/pods"):
            home = one.path.removesuffix("/pods").rpartition("/namespaces/")[2]
            found.add(home if "namespaces" in one.path else one.query.get("labelSelector", "everywhere"))
    return found


def flat(text: str) -> str:
    return " ".join(text.split())


BLOCKS, WIDENS = "NetworkPolicyBlocksWaypoint", "NetworkPolicyWidensByWaypoint"
ELSEWHERE = {"istio.io/dataplane-mode=ambient", "gateway.istio.io/managed=istio.io-eastwest-controller"}
TO_WAYPOINT = {"to": [WAYPOINT], "ports": [{"port": 15008}]}
# The policy, the risk, and where pods are read besides those of the Service and of the waypoint.
SCENES: dict[str, tuple[list[Manifest], list[str], set[str]]] = {
    "none": ([], [], set()),
    "apart": ([policy("pay", podSelector={}, ingress=[])], [], set()),
    "who is called": (
        [policy("shop", podSelector={}, ingress=[{"from": [CALLER]}])],
        [BLOCKS],
        {"pay", "far"} | ELSEWHERE,
    ),
    "the waypoint": ([policy("infra", podSelector={}, ingress=[])], [BLOCKS], {"pay", "far"} | ELSEWHERE),
    "let through": (
        [policy("shop", podSelector={}, ingress=[{"from": [WAYPOINT]}])],
        [WIDENS],
        {"pay", "far"} | ELSEWHERE,
    ),
    "a caller": ([policy("pay", podSelector={}, policyTypes=["Egress"])], [], {"pay"} | ELSEWHERE),
    "a caller that goes to waypoints": (
        [policy("pay", podSelector={}, policyTypes=["Egress"], egress=[TO_WAYPOINT])],
        [WIDENS],
        {"pay"} | ELSEWHERE,
    ),
}


@pytest.mark.parametrize("name", SCENES)
def test_a_server_tells_what_files_tell_and_is_asked_for_what_may_matter(
    name: str, ambient: Run, on_api: Run, api: ObjectsApi, tmp_path: Path
) -> None:
    policies, codes, more = SCENES[name]
    put(api, [*mesh(), *policies])
    live = on_api(*ENABLE, "--plan", "-o", "json")
    assert live.code == 0, live.err
    path = tmp_path / "mesh.yaml"
    path.write_text(yaml.safe_dump_all(list(api.objects.values())))
    files = ambient(*ENABLE, "--plan", "-o", "json", "-f", str(path), "--whole-cluster")
    plan = json.loads(live.out)
    assert [risk["code"] for risk in plan["risks"]] == codes
    assert plan["risks"] == json.loads(files.out)["risks"]
    assert pods_read(api) == {"shop", "infra"} | more
    assert ("/api/v1/namespaces" in asked(api)) == bool(more)
    assert not any("not judged" in line or "NetworkPolicies" in line for line in plan["assumptions"])


def test_a_real_run_tells_it_first_and_fail_on_refuses_it(on_api: Run, api: ObjectsApi) -> None:
    put(api, [*mesh(), *SCENES["who is called"][0]])
    sentence = "NetworkPolicy shop/p stops what comes from waypoint infra/wp, at TCP 15008: 1 connection"
    refused = on_api(*ENABLE, "--fail-on", "error")
    assert (refused.code, api.patches) == (3, [])
    assert sentence in flat(refused.err)
    assert sentence in flat(on_api(*ENABLE, "--dry-run=client").err)
    done = on_api(*ENABLE)
    assert (done.code, len(api.patches)) == (0, 1)
    assert sentence in flat(done.err)


def test_what_may_not_be_read_is_named_and_says_nothing_of_the_waypoint(on_api: Run, api: ObjectsApi) -> None:
    put(api, [*mesh(), *SCENES["who is called"][0]])
    whole = json.loads(on_api(*ENABLE, "--plan", "-o", "json").out)
    api.before_get = lambda path: status(403, "Forbidden", "no") if path.endswith("/pay/pods") else None
    less = json.loads(on_api(*ENABLE, "--plan", "-o", "json").out)
    codes = "NetworkPolicyBlocksWaypoint, NetworkPolicyWidensByWaypoint"
    assert f"not judged (cannot list pods: forbidden): {codes}" in less["assumptions"]
    assert [less[key] for key in ("edits", "moves")] == [whole[key] for key in ("edits", "moves")]


def test_policies_that_may_be_read_at_home_alone(on_api: Run, api: ObjectsApi) -> None:
    put(api, [*mesh(), *SCENES["who is called"][0]])
    everywhere = "/apis/networking.k8s.io/v1/networkpolicies"
    api.before_get = lambda path: status(403, "Forbidden", "no") if path == everywhere else None
    plan = json.loads(on_api(*ENABLE, "--plan", "-o", "json").out)
    (risk,) = plan["risks"]
    assert risk["affects"] == ["Pod/shop/caller -> Pod/shop/web:15008"]
    told = [line for line in plan["assumptions"] if "networkpolicies" in line]
    assert told[0].startswith("not judged (cannot list networkpolicies")
    assert told[1].startswith("whether NetworkPolicies stop 3 connections, with waypoint infra/wp or without")
