"""Wherever a signal comes, the exit code follows from it, and nothing is said; whoever caught what was raised."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rig import endings

from .account_scene import Scene
from .completion_fixtures import kubeconfig
from .test_watch_ends import Cluster, cluster

__all__ = ["cluster"]

PROGRAM = Path(__file__).with_name("signal_anywhere.py")
ROOT = str(Path(__file__).parents[2])

LOST = """
import signal
import {module} as module
real = module.{name}
def lost(*words, **more):
    try:
        signal.raise_signal(signal.SIGTERM)
    except BaseException:
        pass
    return real(*words, **more)
module.{name} = lost
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_watch(cluster: Cluster, tmp_path: Path, number: signal.Signals) -> None:
    words = ["status", "-w", "-n", "shop", "--kubeconfig", kubeconfig(tmp_path / "config", cluster.standin.url)]
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(int(number)), "100", *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONPATH": ROOT, "KUBERC": "off"},
    )
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"place"')]
    assert done.returncode == 0, done.stderr
    places = {at["place"] for at in told}
    assert len(places) > 20
    assert any(place.startswith("<frozen importlib") for place in places)  # also while a module is imported
    assert [at for at in told if (at["code"], at["err"]) != (128 + number, "")] == []


def test_a_lost_one_lets_no_change_begin(scene: Scene) -> None:
    prelude = LOST.format(module="kubectl_ambient.runs.change.label_run", name="text_width")
    told = scene.run(prelude=prelude)
    assert (told.code, told.out, scene.changed) == (143, "", set())


def test_a_second_one_ends_it_by_the_first(scene: Scene) -> None:
    prelude = LOST.format(module="kubectl_ambient.runs.change.label_run", name="text_width")
    told = scene.run(prelude=prelude.replace("        pass\n", "        signal.raise_signal(signal.SIGINT)\n"))
    assert (told.code, told.out, told.err) == (143, "", "")


def test_a_lost_one_ends_a_watch(cluster: Cluster, tmp_path: Path) -> None:
    prelude = LOST.format(module="kubectl_ambient.cluster.reading.watch", name="_batch")
    path = kubeconfig(tmp_path / "config", cluster.standin.url)
    told = endings.run(
        ["status", "-w", "-n", "shop"], endings.Ending(prelude=prelude), {"KUBECONFIG": path, "KUBERC": "off"}
    )
    assert told.code == 143
    assert "Traceback" not in told.err
