"""Plans of who moves, where something has a waypoint: what is read for it, and files tell the same."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conformance import frame
from tests.kube.standin import status
from tests.mesh.path_scene import Manifest, service

from .enable_fixtures import Run
from .objects_api import ObjectsApi
from .test_waypoint_network import AMBIENT, CALLER, PATHS, WAYPOINT, asked, mesh, namespace, policy

SERVED = {"istio.io/use-waypoint": "wp", "istio.io/use-waypoint-namespace": "infra"}
ENABLE, DISABLE = ("enable", "ns", "plain"), ("disable", "ns", "pay")
HBONE = {"port": 15008}
NETWORK = (
    *("NetworkPolicyBlocksMesh", "NetworkPolicyWidens"),
    *("NetworkPolicyBlocksWaypoint", "NetworkPolicyWidensByWaypoint"),
)
FROM_WAYPOINT = [{"from": [WAYPOINT], "ports": [HBONE]}, {"ports": [{"port": 8080}]}]
INSTALLED = {
    **PATHS,
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "Node": "/api/v1/nodes",
    "DaemonSet": "/apis/apps/v1/namespaces/{}/daemonsets",
    "MutatingWebhookConfiguration": "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
}


def put(api: ObjectsApi, found: list[Manifest]) -> None:
    # The stand-in knows no field selectors, by which ConfigMaps are chosen: it has one of them.
    installed = [i for i in frame()["items"] if i["kind"] != "ConfigMap" or i["metadata"]["name"] == "istio-cni-config"]
    for item in [*installed, *found]:
        metadata = {"resourceVersion": "1", "labels": {}, **item["metadata"]}
        path = f"{INSTALLED[item['kind']].format(metadata.get('namespace'))}/{metadata['name']}"
        api.objects[path] = {**item, "metadata": metadata}


def scene(*more: Manifest, labelled: bool = True) -> list[Manifest]:
    """`shop` has the waypoint of `infra` before it."""
    labels = SERVED if labelled else {}
    found = [item for item in mesh() if (item["kind"], item["metadata"]["name"]) != ("Namespace", "shop")]
    return [*found, namespace("shop", AMBIENT | labels), *more]


def inside(namespace: str, item: Manifest) -> Manifest:
    return {**item, "metadata": {**item["metadata"], "namespace": namespace}}


def told(run: Run, *words: str) -> dict[str, Any]:
    done = run(*words, "--plan", "-o", "json")
    assert done.code == 0, done.err
    plan: dict[str, Any] = json.loads(done.out)
    return plan


def about(plan: dict[str, Any]) -> dict[str, list[tuple[str, list[str]]]]:
    found: dict[str, list[tuple[str, list[str]]]] = {}
    for risk in plan["risks"]:
        if risk["code"] in NETWORK:
            found.setdefault(risk["code"], []).append((risk["severity"], sorted(risk["affects"])))
    return found


OLD_TO_WEB = ["Pod/plain/old -> Pod/shop/web:15008"]
OLD = {"matchLabels": {"app": "old"}}
INTO_OLD = [
    f"Pod/{ref} -> Pod/plain/old:15008" for ref in ("far/job", "pay/till", "plain/one", "shop/caller", "shop/web")
]
PAST = [
    *(f"Pod/plain/old -> Pod/{ref}:15008" for ref in ("far/job", "pay/till", "plain/one", "shop/caller")),
    "Pod/plain/one -> Pod/plain/old:15008",
]
SCENES: dict[str, tuple[tuple[str, ...], list[Manifest], dict[str, list[tuple[str, list[str]]]]]] = {
    "who is called admits the waypoint alone": (
        ENABLE,
        [policy("shop", podSelector={"matchLabels": {"app": "web"}}, ingress=FROM_WAYPOINT)],
        {"NetworkPolicyBlocksMesh": [("info", OLD_TO_WEB)]},
    ),
    "the waypoint admits others": (
        ENABLE,
        [policy("infra", podSelector={}, ingress=[{"from": [CALLER]}])],
        {"NetworkPolicyBlocksWaypoint": [("error", OLD_TO_WEB)]},
    ),
    "who calls may go nowhere else": (
        ENABLE,
        [policy("plain", podSelector={}, policyTypes=["Egress"], egress=[{"ports": [{"port": 8080}]}])],
        {"NetworkPolicyBlocksMesh": [("error", PAST)], "NetworkPolicyBlocksWaypoint": [("error", OLD_TO_WEB)]},
    ),
    "what has the waypoint is not labelled for the mesh": (
        ENABLE,
        [
            policy("plain", podSelector={}, policyTypes=["Egress"], egress=[{"ports": [{"port": 8080}]}]),
            namespace("shop", SERVED),
        ],
        {"NetworkPolicyBlocksMesh": [("error", PAST)], "NetworkPolicyBlocksWaypoint": [("error", OLD_TO_WEB)]},
    ),
    "who leaves is kept out": (
        DISABLE,
        [policy("shop", podSelector={"matchLabels": {"app": "web"}}, ingress=[{"from": [WAYPOINT]}])],
        {"NetworkPolicyBlocksWaypoint": [("error", ["Pod/pay/till -> Pod/shop/web:8080"])]},
    ),
    "the waypoint goes to the port of the application alone": (
        ENABLE,
        [
            policy("infra", podSelector={}, policyTypes=["Egress"], egress=[{"ports": [{"port": 8080}]}]),
            inside("plain", service("old", labels=SERVED)),
        ],
        {
            "NetworkPolicyBlocksMesh": [("error", INTO_OLD)],
            "NetworkPolicyBlocksWaypoint": [("error", OLD_TO_WEB)],
        },
    ),
    "who calls has the waypoint at home, and may go nowhere else": (
        ENABLE,
        [
            policy("plain", podSelector=OLD, policyTypes=["Egress"], egress=[{"to": [{"podSelector": {}}]}]),
            *(inside("plain", item) for item in mesh() if item["metadata"]["name"] in ("wp", "wp-1")),
            namespace("shop", AMBIENT | SERVED | {"istio.io/use-waypoint-namespace": "plain"}),
        ],
        {"NetworkPolicyWidensByWaypoint": [("warning", OLD_TO_WEB)]},
    ),
    "none": (ENABLE, [], {}),
}


@pytest.mark.parametrize("name", SCENES)
def test_a_server_tells_what_files_tell(name: str, ambient: Run, on_api: Run, api: ObjectsApi, tmp_path: Path) -> None:
    words, policies, risks = SCENES[name]
    put(api, scene(*policies))
    live = told(on_api, *words)
    path = tmp_path / "mesh.yaml"
    path.write_text(yaml.safe_dump_all(list(api.objects.values())))
    files = told(ambient, *words, "-f", str(path), "--whole-cluster")
    assert about(files) == about(live)
    assert about(live) == risks


def test_where_no_label_names_a_waypoint_nothing_more_is_read(on_api: Run, api: ObjectsApi) -> None:
    put(api, scene(*SCENES["the waypoint admits others"][1], labelled=False))
    assert about(told(on_api, *ENABLE)) == {}
    assert not [path for path in asked(api) if "gateway" in path]
    bare = asked(api)
    put(api, scene(*SCENES["the waypoint admits others"][1]))
    told(on_api, *ENABLE)
    more = Counter(asked(api)[len(bare) :]) - Counter(bare)
    assert more == Counter(
        [
            "/api/v1/namespaces/shop/pods",
            "/api/v1/namespaces/shop/services",
            # Members of the mesh by their own labels: in it, with a sidecar, gateways.
            *["/api/v1/pods"] * 3,
            "/api/v1/namespaces/infra/pods",
            "/api/v1/namespaces/infra/pods",
            "/apis/gateway.networking.k8s.io/v1/gatewayclasses",
            "/apis/gateway.networking.k8s.io/v1/namespaces/infra/gateways",
        ]
    )


def test_where_no_policy_is_about_the_way_no_waypoint_is_read(on_api: Run, api: ObjectsApi) -> None:
    put(api, scene(policy("far", podSelector={}, ingress=[]), inside("plain", service("old", labels=SERVED))))
    told(on_api, *ENABLE)
    assert not [path for path in asked(api) if "gateway" in path or "infra" in path]


def test_without_policies_no_waypoint_is_read(on_api: Run, api: ObjectsApi) -> None:
    put(api, scene())
    told(on_api, *ENABLE)
    assert not [path for path in asked(api) if "gateway" in path or "infra" in path]


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (
            "/infra/gateways",
            "whether NetworkPolicies stop what goes to Pod/shop/caller, Pod/shop/web, Service/shop/web cannot be told"
            " (Cannot be told: Gateway infra/wp could not be read: cannot list gateways.gateway.networking.k8s.io:"
            " forbidden.)",
        ),
        (
            "/infra/pods",
            "whether NetworkPolicies stop 1 connection, with waypoint infra/wp or without, cannot be told"
            " (the pods of waypoint infra/wp are not known: cannot list pods of gateways: forbidden)",
        ),
    ],
)
def test_what_may_not_be_read_is_told_and_not_guessed(refused: str, why: str, on_api: Run, api: ObjectsApi) -> None:
    put(api, scene(*SCENES["the waypoint admits others"][1]))
    api.before_get = lambda path: status(403, "Forbidden", "no") if path.endswith(refused) else None
    plan = told(on_api, *ENABLE)
    assert about(plan) == {}
    assert [line for line in plan["assumptions"] if "NetworkPolicies stop" in line] == [why]
