"""A signal that comes before the command has begun."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rig.processes import ends_within

SLOW = """
import time
print("loading", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_while_modules_are_loaded_ends_it_without_a_word(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "typer.py").write_text(SLOW)
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), *sys.path))}
    words = [sys.executable, "-m", "kubectl_ambient", "enable", "ns", "shop"]
    with subprocess.Popen(words, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        with ends_within(60, running):
            assert running.stdout.readline() == "loading\n"
            running.send_signal(number)
            _, err = running.communicate()
    assert (running.returncode, err) == (128 + number, "")
