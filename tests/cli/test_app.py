"""What becomes of failures that nobody foresaw."""

from __future__ import annotations

import pytest

from kubectl_ambient.cli import app


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
