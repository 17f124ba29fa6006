"""The patches that are offered, in either spelling, through the real kubectl."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kubectl_ambient.shell.aim import Aim, Shell
from kubectl_ambient.shell.command import Command, kubectl
from kubectl_ambient.shell.words import patch
from tests.rig import programs

pytestmark = pytest.mark.live

LABELS = {"istio.io/use-waypoint": None, "sidecar.istio.io/inject": "false", "y": "no"}
MERGE: dict[str, Any] = {
    "metadata": {"labels": LABELS, "annotations": {"a": "it's: {b}, # é \\n", "on": "null"}},
    "data": {"c": "d"},
}
OPERATIONS = [{"op": "add", "path": "/metadata/annotations", "value": {"from": "All"}}]


@pytest.mark.parametrize("shell", ["posix", "powershell"])
@pytest.mark.parametrize(("kind", "body"), [("merge", MERGE), ("json", OPERATIONS)])
def test_kubectl_takes_it(tmp_path: Path, shell: Shell, kind: str, body: Any) -> None:
    path = tmp_path / "object.json"
    labels = {"istio.io/use-waypoint": "wp", "app": "web"}
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": labels}}))
    command = kubectl("patch -p", patch(body))
    assert isinstance(command, Command)
    *_, word = Aim(shell=shell)._words(command)
    run = [programs.program("kubectl"), "patch", "--local", "-f", str(path), f"--type={kind}", "-p", word, "-o", "json"]
    done = subprocess.run(run, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    metadata = json.loads(done.stdout)["metadata"]
    if kind == "json":
        assert metadata["annotations"] == {"from": "All"}
        return
    assert metadata["labels"] == {"app": "web", "sidecar.istio.io/inject": "false", "y": "no"}
    assert metadata["annotations"] == MERGE["metadata"]["annotations"]
