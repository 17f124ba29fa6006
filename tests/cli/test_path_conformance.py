"""`path --matrix` as it is typed, on the meshes of a real istiod and on the worlds of another project's matcher."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import cases, frame
from tests.mesh.meshes import MESHES, objects

from .enable_fixtures import Run

WORLDS = [world["id"] for world in cases("netpol")]
PORTS = ("--port", "8080", "--port", "9090", "--port", "5000")
IN = {"ambient.istio.io/redirection": "enabled"}


def written(path: Path, found: list[dict[str, Any]]) -> str:
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": found}))
    return str(path)


def matrix(ambient: Run, path: str, *ports: str) -> dict[tuple[str, str, int], dict[str, Any]]:
    result = ambient("path", "--matrix", "-A", *ports, "-f", path, "-o", "json")
    assert result.code == 0, result.err
    found = json.loads(result.out)
    assert found["kind"] == "PathList"
    items = {(item["from"]["ref"], item["to"]["ref"], item["to"]["port"]): item for item in found["items"]}
    assert len(items) == len(found["items"]), "each ordered pair and port once"
    return items


@pytest.mark.parametrize("number", range(len(MESHES)), ids=MESHES)
def test_every_flow_is_judged_as_by_a_real_istiod(ambient: Run, tmp_path: Path, number: int) -> None:
    path = written(tmp_path / "mesh.json", objects(cases("meshes")[number]))
    items = matrix(ambient, path, *PORTS)
    for flow in cases("meshes")[number]["expect"]["flows"]:
        item = items[flow["from"], flow["to"], flow["port"]]
        assert (item["verdict"], item["identity"]) == (flow["verdict"], flow["identity"]), (flow, item["message"])
        policies = {d["object"] for d in item["decidedBy"] if d["object"].startswith("AuthorizationPolicy/")}
        by = {name for name in flow["by"] if "/converted_peer" not in name and "/istio_converted" not in name}
        assert policies == {f"AuthorizationPolicy/{name}" for name in by}, flow
        strict = [d for d in item["decidedBy"] if d["object"].startswith("PeerAuthentication/")]
        assert bool(strict) == (len(by) < len(flow["by"])), flow
        assert item["encrypted"] == (flow["identity"] is not None)


def world_objects(world: dict[str, Any]) -> list[dict[str, Any]]:
    namespaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        for name, labels in world["namespaces"].items()
    ]
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "namespace": pod["namespace"],
                "name": pod["name"],
                "labels": pod["labels"],
                "annotations": IN if pod["namespace"] in ("shop", "pay") else {},
            },
            "spec": {
                "nodeName": "n1",
                "containers": [
                    {"name": "app", "ports": [{"name": n, "containerPort": p} for n, p in pod["ports"].items()]}
                ],
            },
            "status": {"phase": "Running", "podIP": pod["ip"], "conditions": [{"type": "Ready", "status": "True"}]},
        }
        for pod in world["pods"]
    ]
    return [*frame()["items"], *namespaces, *pods, *world["policies"]]


@pytest.mark.parametrize("number", range(len(WORLDS)), ids=WORLDS)
def test_every_packet_passes_or_not_as_another_projects_matcher_says(ambient: Run, tmp_path: Path, number: int) -> None:
    world = cases("netpol")[number]
    path = written(tmp_path / "world.json", world_objects(world))
    items = matrix(ambient, path, "--port", "8080")
    asked = 0
    for ask in world["asks"]:
        if "/" not in ask["from"]:
            continue
        item = items[f"Pod/{ask['from']}", f"Pod/{ask['to']}", 8080]
        network = {key: ask[key] for key in ("port", "egress", "ingress")}
        assert {key: item["network"][key] for key in network} == network, ask
        assert (item["verdict"] == "denied") == (not (ask["egress"] and ask["ingress"])), item["message"]
        asked += 1
    assert asked


OUTSIDE, PROBE = "192.0.2.7", "169.254.7.127"


@pytest.mark.parametrize("number", range(0, len(WORLDS), 8), ids=WORLDS[::8])
def test_a_client_out_of_the_cluster_and_the_nodes_own_probe(ambient: Run, tmp_path: Path, number: int) -> None:
    world = cases("netpol")[number]
    path = written(tmp_path / "world.json", world_objects(world))
    modes = {"shop": "ambient", "pay": "ambient"}
    for ask in world["asks"]:
        if "/" in ask["from"]:
            continue
        namespace, _, name = ask["to"].partition("/")
        if ask["from"] == PROBE and namespace not in modes:
            continue  # what is not captured gets no probe from there
        start = OUTSIDE if ask["from"] == OUTSIDE else "node"
        result = ambient("path", start, f"pod/{namespace}/{name}:8080", "-f", path, "-o", "json")
        network = json.loads(result.out)["network"]
        assert (network["port"], network["ingress"]) == (ask["port"], ask["ingress"]), ask
