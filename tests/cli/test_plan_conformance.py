"""All 80 worlds of another project's matcher, as plans: exactly the pairs that stop, and exactly those that start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kubectl_ambient.mesh.network.packets import HBONE, Packet
from kubectl_ambient.mesh.network.ruling import egress, ingress
from tests.conformance import cases
from tests.golden.screens import run
from tests.mesh.test_network_policies import ends, policies

WORLDS = {world["id"]: world for world in cases("netpol")}
MODE = "istio.io/dataplane-mode"
APP = 8080


def manifests(world: dict[str, Any], *, labelled: bool) -> list[dict[str, Any]]:
    """The world as files hold it; without the labels no pod is in ambient mode."""
    found: list[dict[str, Any]] = []
    for name, labels in world["namespaces"].items():
        kept = {key: value for key, value in labels.items() if labelled or key != MODE}
        found.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": kept}})
    for pod in world["pods"]:
        metadata = {key: pod[key] for key in ("namespace", "name", "labels")}
        if labelled and MODE in world["namespaces"][pod["namespace"]]:
            metadata["annotations"] = {"ambient.istio.io/redirection": "enabled"}
        ports = [{"name": name, "containerPort": number} for name, number in pod["ports"].items()]
        spec = {"nodeName": "n1", "containers": [{"name": "app", "image": "app:1", "ports": ports}]}
        status = {"phase": "Running", "podIP": pod["ip"], "podIPs": [{"ip": pod["ip"]}]}
        found.append({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status})
    return [*found, *world["policies"]]


def passing(world: dict[str, Any]) -> dict[str, tuple[bool, bool]]:
    """Each pair of pods that are going to be in ambient mode: does it pass at 8080, and (as told) at 15008."""
    found, pods = policies(world), ends(world)
    told = {}
    for ask in world["asks"]:
        if ask["port"] != HBONE:
            continue
        packet = Packet(pods[ask["from"]], pods[ask["to"]], APP)
        now = bool(egress(found, packet).allowed and ingress(found, packet).allowed)
        told[f"Pod/{ask['from']} -> Pod/{ask['to']}"] = now, ask["egress"] and ask["ingress"]
    return told


def affected(line: str, world: dict[str, Any], folder: Path, *, labelled: bool) -> dict[str, list[str]]:
    """What the plan says: the pairs of each code."""
    path = folder / "world.json"
    objects = manifests(world, labelled=labelled)
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}), encoding="utf-8")
    screen = run(f"{line} --plan -f {path} -o json")
    assert screen.code == 0, screen.err
    found: dict[str, list[str]] = {}
    for risk in json.loads(screen.out)["risks"]:
        found.setdefault(risk["code"], []).extend(risk["affects"])
    return found


@pytest.mark.parametrize("name", WORLDS)
def test_a_plan_names_the_pairs_that_stop_and_those_that_start(name: str, tmp_path: Path) -> None:
    world = WORLDS[name]
    told = passing(world)
    found = affected("enable ns shop pay", world, tmp_path, labelled=False)
    stop = sorted(f"{pair}:{HBONE}" for pair, (now, then) in told.items() if now and not then)
    start = sorted(f"{pair}:{HBONE}" for pair, (now, then) in told.items() if then and not now)
    assert sorted(found.get("NetworkPolicyBlocksMesh", [])) == stop
    assert sorted(found.get("NetworkPolicyWidens", [])) == start


@pytest.mark.parametrize("name", WORLDS)
def test_leaving_is_the_same_the_other_way_round(name: str, tmp_path: Path) -> None:
    world = WORLDS[name]
    told = passing(world)
    found = affected("disable ns shop pay", world, tmp_path, labelled=True)
    stop = sorted(f"{pair}:{APP}" for pair, (now, then) in told.items() if then and not now)
    start = sorted(f"{pair}:{APP}" for pair, (now, then) in told.items() if now and not then)
    assert sorted(found.get("NetworkPolicyBlocksMesh", [])) == stop
    assert sorted(found.get("NetworkPolicyWidens", [])) == start


def test_the_worlds_have_both() -> None:
    turns = [turn for world in WORLDS.values() for turn in passing(world).values()]
    assert turns.count((True, False)) > 20
    assert turns.count((False, True)) > 20
