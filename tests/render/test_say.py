"""What a stranger wrote into an object is shown, and never obeyed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.enable_fixtures import Run, ambient

__all__ = ["ambient"]

EVIL = "a\x1b]0;title\x07\x1b[8mb\u202ec\u200bd\x9b2J\re"


COMMANDS = [
    "status -A",
    "status -n shop",
    "status -A -o wide",
    "status -A -o name",
    "status -A -o json",
    "status -A -o yaml",
    "explain pod web -n shop",
    "explain ns shop",
    "explain pod web -n shop -o json",
    "waypoint list -A",
    "waypoint status -A",
    "waypoint explain ns shop",
    "labels -A",
    "labels -n shop -o name",
    "enable --local -o name",
    "waypoint enable --local -o name",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_obeys(ambient: Run, tmp_path: Path, command: str) -> None:
    """Every text of a file that may hold anything holds it."""
    labels = {"istio.io/dataplane-mode": EVIL, "istio.io/use-waypoint": EVIL}
    waiting = {"waiting": {"reason": EVIL, "message": EVIL}}
    status = {
        "phase": "Pending",
        "podIP": "10.0.0.1",
        "containerStatuses": [{"name": EVIL, "state": waiting}],
        "conditions": [{"type": "Ready", "status": "False", "reason": EVIL, "message": EVIL}],
    }
    pod = {"spec": {"nodeName": EVIL, "containers": [{"name": EVIL, "image": EVIL}]}, "status": status}
    conditions = [
        {"type": kind, "status": "False", "reason": EVIL, "message": EVIL} for kind in ("Programmed", "Accepted")
    ]
    bound = {"conditions": [{**conditions[0], "type": "istio.io/WaypointBound"}]}
    gateway = {"spec": {"gatewayClassName": "istio-waypoint"}, "status": {"conditions": conditions}}
    kinds = [
        ("v1", "Namespace", "shop", {}),
        ("v1", "Pod", EVIL, pod),
        ("v1", "Pod", "web", pod),
        ("v1", "Service", EVIL, {"spec": {"clusterIP": "10.1.0.1"}, "status": bound}),
        ("gateway.networking.k8s.io/v1", "Gateway", EVIL, gateway),
        (EVIL, EVIL, EVIL, {}),
        ("v1", "Pod", EVIL, {"spec": EVIL}),
    ]
    items = [
        {
            "apiVersion": version,
            "kind": kind,
            "metadata": {"name": name, "namespace": "shop", "labels": labels, "annotations": {EVIL: EVIL}},
            **fields,
        }
        for version, kind, name, fields in kinds
    ]
    (tmp_path / "a.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    found = ambient(*command.split(), "-f", str(tmp_path / "a.json"))
    assert found.code in (0, 1), found.err
    for text in (found.out, found.err):
        assert [c for c in "\x1b\x07\x9b\r" if c in text] == []
        assert "\u202e" not in text
    assert r"x1b" in found.out + found.err
