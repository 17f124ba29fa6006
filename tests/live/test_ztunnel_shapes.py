"""Dumps of every version, live and in files, and many nodes at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.rig import nodes
from tests.rig.kubectl import Result
from tests.rig.workloads import AMBIENT, namespace, pod
from tests.rig.ztunnel import INFO_FROM, PlayedZtunnel, as_of, dump_of, enrolled

from .test_status import document
from .ztunnel_scene import ISTIO, PORT, SHOP, Here, Scene, here, shop

__all__ = ["here", "shop"]

MANY = tuple(f"n{number}" for number in range(1, 11))
WITHOUT_ACCOUNTS = range(22, INFO_FROM)  # these do not tell whose an entry is, and so not whose certificate ran out


def told(answer: Result) -> dict[str, Any]:
    """What is said of each pod and node by its ztunnel."""
    found = document(answer)
    pods = {item["name"]: (item["ztunnel"], codes(item)) for item in found["items"]}
    return pods | {node["node"]: (node["version"], node["by"]) for node in found["nodes"]}


def codes(item: dict[str, Any]) -> list[str]:
    return [f["code"] for f in item["findings"] if f["code"].startswith(("Ztunnel", "Certificate"))]


def snapshot(scene: Scene, folder: Path) -> Path:
    """The objects of the scene as a person would save them, and the dumps."""
    kinds = "ns,nodes,pods,daemonsets,deployments,replicasets,configmaps"
    (folder / "objects.json").write_text(scene.cluster.kubectl("get", kinds, "-A", "-o", "json").stdout)
    for node, ztunnel in scene.ztunnels.items():
        (folder / f"ztunnel-{node}.json").write_text(json.dumps(ztunnel.dump))
    return folder


@pytest.mark.parametrize("minor", range(22, 32))
def test_a_dump_of_every_version(shop: Scene, here: Here, tmp_path: Path, minor: int) -> None:
    for ztunnel in shop.ztunnels.values():
        assert isinstance(ztunnel.dump, dict)
        ztunnel.dump = as_of(minor, ztunnel.dump)
    live = told(here("status", "-n", SHOP, "--ztunnel", "-o", "json"))
    assert live["n1"] == (f"1.{minor}.3", "dump")
    served = {name: proof["served"] for name, (proof, _) in live.items() if isinstance(proof, dict)}
    expected = {"served": "listening", "carries": "yes", "lost": "no", "held": "blocked"}
    assert {name: served[name] for name in expected} == expected
    assert live["plain"][1] == ["ZtunnelSendsPlain"]
    assert live["nameless"][1] == ["ZtunnelUninformed"]
    assert live["expired"][1] == ([] if minor in WITHOUT_ACCOUNTS else ["CertificateOld"])
    files = told(here("status", "-n", SHOP, "--ztunnel", "-f", str(snapshot(shop, tmp_path)), "-o", "json"))
    live["expired"] = (live["expired"][0], [])  # files have no clock
    assert files == live


@contextmanager
def ten_nodes(scene: Scene) -> Iterator[dict[str, PlayedZtunnel]]:
    """Six nodes more, on each of the ten a pod in ambient mode and a ztunnel that has it."""
    cluster, made = scene.cluster, [node for node in MANY if node not in nodes.LINUX]
    ztunnels = {node: scene.ztunnels.get(node) or PlayedZtunnel() for node in MANY}
    cluster.apply(namespace("wide", AMBIENT))
    try:
        for number, name in enumerate(made, start=20):
            cluster.api.request("POST", "/api/v1/nodes", nodes.linux(name, number))
        account = "/api/v1/namespaces/wide/serviceaccounts/default"
        cluster.processes.wait_for("a ServiceAccount", lambda: cluster.api.get(account))
        cluster.apply(*(pod(f"on-{node}", "wide", node=node) for node in MANY))

        def here(selector: str, home: str) -> dict[str, Any]:
            found = [p for p in cluster.pods(home, selector) if p["status"].get("podIP")]
            return {p["spec"]["nodeName"]: p for p in found}

        cluster.processes.wait_for("ten ztunnels", lambda: here("app=ztunnel", ISTIO).keys() >= set(MANY))
        cluster.processes.wait_for("ten pods", lambda: here("", "wide").keys() == set(MANY))
        for node, found in here("", "wide").items():
            name = found["metadata"]["name"]
            change = {"metadata": {"annotations": {"ambient.istio.io/redirection": "enabled"}}}
            cluster.api.patch(f"/api/v1/namespaces/wide/pods/{name}", change)
            ztunnels[node].dump = dump_of(node, workloadState=dict([enrolled(found["metadata"]["uid"], "wide", name)]))
            if node not in scene.ztunnels:
                cluster.lead(ISTIO, here("app=ztunnel", ISTIO)[node]["metadata"]["name"], PORT, ztunnels[node].port)
        yield ztunnels
    finally:
        for node in made:
            cluster.api.request("DELETE", f"/api/v1/nodes/{node}")
        cluster.api.request("DELETE", "/api/v1/namespaces/wide")
        for node, ztunnel in ztunnels.items():
            if node not in scene.ztunnels:
                ztunnel.stop()


def test_each_of_ten_nodes_is_asked_once(shop: Scene, here: Here) -> None:
    with ten_nodes(shop) as ztunnels:
        for ztunnel in ztunnels.values():
            ztunnel.asked.clear()
        found = document(here("status", "-n", "wide", "--ztunnel", "-o", "json"))
        assert {node["node"]: node["by"] for node in found["nodes"]} == dict.fromkeys(MANY, "dump")
        assert {node: ztunnel.asked for node, ztunnel in ztunnels.items()} == {n: ["GET /config_dump"] for n in MANY}
