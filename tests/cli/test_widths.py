"""Tables of long names on a terminal of 80 columns, on one of 200, and in a pipe."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.golden.screens import run

SPACE = "a-team-with-a-long-name-in-production"
SERVICE = "payments-settlement-reconciliation-service"
POD = f"{SERVICE}-7d4b9c5f6-9qz7m"
WAYPOINT = "waypoint-of-the-settlement-services-of-payments"
OBJECTS = [
    {
        "kind": "Namespace",
        "apiVersion": "v1",
        "metadata": {"name": SPACE, "labels": {"istio.io/use-waypoint": WAYPOINT}},
    },
    {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {
            "name": POD,
            "namespace": SPACE,
            "annotations": {"proxy.istio.io/config": "proxyMetadata:\n  A: b\n" * 9},
        },
        "spec": {"nodeName": "ip-10-0-0-1.eu-west-1.compute.internal", "containers": [{"name": "a"}]},
        "status": {"phase": "Running", "podIP": "10.0.0.1"},
    },
    {
        "kind": "Service",
        "apiVersion": "v1",
        "metadata": {"name": SERVICE, "namespace": SPACE, "labels": {"istio.io/ingress-use-waypoint": "true"}},
        "spec": {"clusterIP": "10.1.1.1", "clusterIPs": ["10.1.1.1"], "ports": [{"port": 80}]},
    },
    {
        "kind": "Gateway",
        "apiVersion": "gateway.networking.k8s.io/v1",
        "metadata": {"name": WAYPOINT, "namespace": SPACE, "labels": {"istio.io/waypoint-for": "all"}},
        "spec": {
            "gatewayClassName": "istio-waypoint",
            "listeners": [{"name": "m", "port": 15008, "protocol": "HBONE"}],
        },
        "status": {"addresses": [{"value": "fd00:10:96::a1b2:c3d4:e5f6:1234"}]},
    },
]
LINES = [
    "labels -A",
    f"labels -n {SPACE}",
    "waypoint list -A",
    f"waypoint list -n {SPACE}",
    "waypoint status -A",
    f"waypoint status -n {SPACE} --all",
    "status -A",
    "status -A --pods",
    f"status -n {SPACE}",
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": OBJECTS}))
    return path


def table_of(out: str) -> list[str]:
    return out.partition("\n\n")[0].splitlines()


@pytest.mark.parametrize("line", LINES)
def test_a_table_stays_within_the_terminal(line: str, file: Path) -> None:
    narrow = table_of(run(f"{line} -f {file}", columns=80).out)
    assert max(map(len, narrow)) <= 80, narrow
    assert any("…" in row for row in narrow)
    wide = table_of(run(f"{line} -f {file}", columns=200).out)
    assert max(map(len, wide)) <= 200
    assert len(wide) == len(narrow)


@pytest.mark.parametrize("line", LINES)
def test_nothing_is_cut_in_a_pipe(line: str, file: Path) -> None:
    piped = table_of(run(f"{line} -f {file}").out)
    assert not any("…" in row for row in piped)
    assert len(piped) == len(table_of(run(f"{line} -f {file}", columns=80).out)), "each row is one line"


def test_one_object(file: Path) -> None:
    line = f"labels pod/{POD} -n {SPACE} -f {file}"
    (row,) = (row for row in run(line, columns=80).out.splitlines() if "proxy.istio.io/config" in row)
    assert (len(row), row.endswith("…   (annotation)")) == (80, True)
    assert r"  proxy.istio.io/config=proxyMetadata:\n  A: b\nproxy" in row
    (row,) = (row for row in run(line).out.splitlines() if "proxy.istio.io/config" in row)
    assert row.endswith(r"A: b\n   (annotation)")


def test_two_sentences_are_not_glued(file: Path, tmp_path: Path) -> None:
    alone = tmp_path / "pod.json"
    alone.write_text(json.dumps(OBJECTS[1]))
    told = " ".join(run(f"explain ns {SPACE} -f {alone}").out.split())
    assert f"Namespace/{SPACE} metadata.labels (cannot get namespace {SPACE}: not in the files)" in told
    assert "not in the files not set" not in told
    assert "What the next pod would be cannot be told: " in told
    told = " ".join(run(f"status -n {SPACE} -f {alone}").out.split())
    why = f"(cannot get namespace {SPACE}: not in the files)"
    assert f"The labels of namespace {SPACE} could not be read {why}. At least 0 of 1 pod is" in told
