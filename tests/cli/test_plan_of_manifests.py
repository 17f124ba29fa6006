"""Plans of manifests, which hold no pods: what is made of them is in the mesh where its labels say so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.golden.screens import run
from tests.mesh.path_scene import Manifest, waypoint
from tests.rig.workloads import deployment

AMBIENT = {"istio.io/dataplane-mode": "ambient"}
BY_PORT = {"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": {}}], "ports": [{"port": 8080}]}]}
FROM_TILL = [{"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "till"}}}]}]


def made(kind: str, name: str, namespace: str = "", **fields: Any) -> Manifest:
    version = "networking.k8s.io/v1" if kind == "NetworkPolicy" else "v1"
    metadata = {"name": name, "labels": fields.pop("labels", {}), **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **fields}


def with_port(name: str, namespace: str) -> Manifest:
    found = deployment(name, namespace)
    found["spec"]["template"]["spec"]["containers"][0]["ports"] = [{"containerPort": 8080}]
    return found


def scene(policy: Manifest, *ambient: str) -> list[Manifest]:
    ports = [{"port": 80, "targetPort": 8080}]
    return [
        *(made("Namespace", name, labels=AMBIENT if name in ambient else {}) for name in ("shop", "pay")),
        with_port("web", "shop"),
        with_port("till", "pay"),
        made("Service", "web", "shop", spec={"clusterIP": "10.96.0.9", "selector": {"app": "web"}, "ports": ports}),
        made("NetworkPolicy", "p", "shop", spec=policy),
        *waypoint("wp"),
    ]


def pairs(folder: Path, objects: list[Manifest], words: str) -> dict[str, list[str]]:
    file = folder / "app.yaml"
    file.write_text(yaml.safe_dump_all(objects), encoding="utf-8")
    screen = run(f"{words} --plan -f {file} -o json")
    assert screen.code == 0, screen.err
    return {risk["code"]: risk["affects"] for risk in json.loads(screen.out)["risks"]}


@pytest.mark.parametrize("words", ["enable ns shop", "enable deploy web -n shop"])
def test_those_of_an_ambient_namespace_call_by_15008(tmp_path: Path, words: str) -> None:
    told = pairs(tmp_path, scene(BY_PORT, "pay"), words)
    assert told == {"NetworkPolicyBlocksMesh": ["Pod/pay/till-* -> Pod/shop/web-*:15008"]}
    assert pairs(tmp_path, scene(BY_PORT), words) == {}


def test_a_waypoint_comes_between_what_is_made_of_them(tmp_path: Path) -> None:
    policy = {"podSelector": {"matchLabels": {"app": "web"}}, "ingress": FROM_TILL}
    words = "waypoint enable svc web -n shop --waypoint wp"
    told = pairs(tmp_path, scene(policy, "shop", "pay"), words)
    assert told == {"NetworkPolicyBlocksWaypoint": ["Pod/pay/till-* -> Pod/shop/web-*:15008"]}
    assert pairs(tmp_path, scene(policy, "shop"), words) == {}
