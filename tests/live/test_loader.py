"""The cluster that the benchmarks measure, small: a real server takes every object of it, every verdict is there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bench.floor import Floor
from tests.bench.loader import marks
from tests.bench.loader.fill import fill
from tests.bench.loader.plan import WAVE_VALUE, Plan
from tests.rig.apiserver import ApiServer
from tests.rig.kubectl import Runner

PODS = 200


@pytest.fixture(scope="module")
def filled() -> Iterator[ApiServer]:
    server = ApiServer()
    try:
        server.start()
        fill(server, Plan(PODS))
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def status(filled: ApiServer) -> dict[str, Any]:
    told = Runner(filled, "ambient", check=True)("status", "-A", "-o", "json")
    document: dict[str, Any] = json.loads(told.stdout)
    return document


def test_each_state_is_there(status: dict[str, Any]) -> None:
    summary = dict(status["summary"])
    assert summary.pop("pods") == PODS
    assert summary.pop("Unknown") == 0
    assert summary.pop("unserved") == 0
    assert min(summary.values()) > 0, summary


def test_each_reason_that_keeps_pods_out_or_in_is_there(status: dict[str, Any]) -> None:
    expected = {"NamespaceLabel", "PodLabel", "NotLabeled", "PodOptedOut", "SidecarPresent", "HostNetwork"}
    assert expected <= {item["reason"] for item in status["items"]}
    assert {item["mode"] for item in status["items"]} == {"ambient", "sidecar", "gateway", "none"}


def test_both_versions_of_the_agents_are_seen(status: dict[str, Any]) -> None:
    assert status["istio"]["cniVersions"] == ["1.29.6-distroless", "1.30.3-distroless"]


def test_owners_are_found(status: dict[str, Any]) -> None:
    kinds = {item["owner"].partition("/")[0] for item in status["items"] if item["owner"]}
    assert kinds == {"Deployment", "StatefulSet", "DaemonSet", "Job"}


def test_waypoints_serve(filled: ApiServer) -> None:
    told = Runner(filled, "ambient", check=True)("waypoint", "status", "-A", "-o", "json")
    reasons = {item["reason"] for item in json.loads(told.stdout)["items"]}
    assert "WaypointAccepted" in reasons


def test_uids_and_addresses_are_those_of_the_plan(filled: ApiServer) -> None:
    planned = {copy.values[marks.POD]: copy.values[marks.POD_IP] for copy in Plan(PODS) if marks.POD in copy.values}
    pods = filled.api.items("/api/v1/pods")
    assert {pod["metadata"]["uid"] for pod in pods} == set(planned)
    on_their_own = [pod for pod in pods if pod["status"].get("podIP", "").startswith("10.")]
    assert len(on_their_own) > PODS / 2
    assert all(pod["status"]["podIP"] == planned[pod["metadata"]["uid"]] for pod in on_their_own)


def test_no_mark_is_left(filled: ApiServer) -> None:
    told = filled.kubectl("get", "ns,no,po,deploy,rs,sts,jobs,svc,gateways,ipaddresses", "-A", "-o", "json").stdout
    every = {value for name, value in vars(marks).items() if name.isupper() and isinstance(value, str)}
    assert not [mark for mark in every if mark in told]


def test_the_server_takes_every_object_again(filled: ApiServer) -> None:
    """A write makes it validate what it has: nothing was stored that it would not have made."""
    kinds = "ns,no,po,deploy,rs,sts,ds,jobs,svc,gateways,ipaddresses"
    told = filled.kubectl("label", kinds, "--all", "-A", "checked=yes", "--dry-run=server")
    assert len(told.stdout.splitlines()) > 2 * PODS


def test_pods_are_as_large_as_real_ones(filled: ApiServer) -> None:
    told = filled.kubectl("get", "--raw", "/api/v1/pods").stdout
    assert 15_000 < len(told) / PODS < 20_000
    assert '"manager":"kubelet"' in told


def test_the_pods_of_a_wave_can_be_labelled_at_once(filled: ApiServer) -> None:
    ambient = Runner(filled, "ambient", check=True)
    chosen = ("pods", "-l", f"rollout.example/wave={WAVE_VALUE}", "-A")
    pods = filled.api.items(f"/api/v1/pods?labelSelector=rollout.example/wave={WAVE_VALUE}")
    assert pods
    assert len(ambient("enable", *chosen).stdout.splitlines()) == len(pods)
    assert len(ambient("disable", *chosen).stdout.splitlines()) == len(pods)


@pytest.mark.parametrize("side_by_side", [True, False])
def test_the_floor_asks_what_the_command_asked(filled: ApiServer, side_by_side: bool) -> None:
    floor = Floor(filled, [str(Path(sys.executable).with_name("kubectl-ambient")), "status", "-A"])
    line = floor.curl(side_by_side=side_by_side)()
    paths = [asked.path for asked in floor.asked]
    # Else the server indents its JSON, as it does for curl.
    assert all(dict(asked.headers)["User-Agent"].startswith("kubectl-ambient/") for asked in floor.asked)
    assert any(path.startswith("/api/v1/pods?") for path in paths)
    # curl forgets its options from one request to the next.
    config = Path(line[-1])
    config.write_text(config.read_text().replace("fail\n", 'fail\nwrite-out = "%{http_code} %{url}\\n"\n'))
    told = subprocess.run(line, capture_output=True, text=True, check=True)
    assert sorted(told.stdout.splitlines()) == sorted(f"200 {filled.url}{path}" for path in paths)
