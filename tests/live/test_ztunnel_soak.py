"""A mesh in motion raises no false alarm, whatever the moment at which its ztunnels are asked.

`make soak` does it for ten minutes (SECONDS=600); SEED makes the same motions again.
"""

from __future__ import annotations

import json
import os
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kubectl_ambient.cli import app
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.ztunnel import case
from kubectl_ambient.runs import odd_pods
from tests.rig.kubectl import Result

from .soak_scene import restless
from .test_status import document

SECONDS = float(os.environ.get("AMBIENT_SOAK_SECONDS") or 40)
SEED = int(os.environ.get("AMBIENT_SOAK_SEED") or ("24" if os.environ.get("CI") == "true" else random.randrange(10**6)))
RULES = "".join(path.read_text(encoding="utf-8") for path in Path(case.__file__).parent.glob("*.py"))
OF_ZTUNNELS = {Code[name].value for name in re.findall(r"Code\.([A-Z_]+)", RULES)}
YOUNG = timedelta(seconds=3)  # instead of 30, so that more pods are judged


def test_a_mesh_in_motion_raises_no_false_alarm(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("KUBE"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(case, "YOUNG", YOUNG)
    monkeypatch.setattr(odd_pods, "_LATER", 3.0)
    with capsys.disabled():
        print(f" AMBIENT_SOAK_SEED={SEED} ", end="", flush=True)
    served: Counter[str] = Counter()
    runs = 0
    with restless(SEED) as (cluster, unrest):
        monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            unrest.check()
            code = app.run(["kubectl-ambient", "status", "-A", "--ztunnel", "-o", "json"])
            told = document(Result(*capsys.readouterr(), code))
            runs += 1
            served.update(i["ztunnel"]["served"] for i in told["items"] if i["ztunnel"])
            assert not list(alarms(told)), json.dumps(list(alarms(told)), indent=1)
        done = unrest.done
    with capsys.disabled():
        print(f"{runs} runs, {dict(served)}, {done} ", end="", flush=True)
    assert served["listening"] > runs, "too few pods were judged"
    assert {"_label", "_roll", "_come"} <= done.keys()


def alarms(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What is told by ztunnels of anybody, and that a pod is not served."""
    for item in told["items"]:
        if item["ztunnel"] and item["ztunnel"]["served"] in ("no", "blocked"):
            yield item
        yield from (finding for finding in item["findings"] if finding["code"] in OF_ZTUNNELS)
    for node in told["nodes"]:
        yield from (finding for finding in node["findings"] if finding["code"] in OF_ZTUNNELS)
