"""What becomes of failures that nobody foresaw."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kubectl_ambient.cli import app

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_what_is_printed_is_utf8_whatever_the_system_would_take() -> None:
    words = [sys.executable, "-m", "kubectl_ambient", "status", "-A", "-f", str(EXAMPLES)]
    done = subprocess.run(words, env={**os.environ, "PYTHONIOENCODING": "cp1252"}, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "‼" in done.stdout.decode("utf-8")


def test_a_bug_is_told_without_a_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(app, "app", broken)
    assert app.run(["kubectl-ambient", "status"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(
        "error: a bug in kubectl-ambient: ZeroDivisionError: division by zero (test_app.py, line"
    )
    assert "Traceback" not in told.err
    monkeypatch.setenv("KUBECTL_AMBIENT_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        app.run(["kubectl-ambient", "status"])
