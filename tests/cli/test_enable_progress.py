"""The progress bar: on a terminal, after a second, and gone afterwards."""

from __future__ import annotations

import io
import sys
import time

import pytest

from kubectl_ambient.runs import progress
from kubectl_ambient.runs.progress import Progress
from tests.rig.processes import wait_for


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def a_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Not as a fixture: between setting up and the call, pytest puts its own stderr there."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "_EVERY", 0.01)
    return stream


def test_it_is_drawn_and_wiped_off(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    monkeypatch.setattr(progress, "_AFTER", 0.01)
    with Progress(40, "labelling") as bar:
        for _ in range(10):
            bar.step()
        wait_for("the bar", lambda: "10/40" in terminal.getvalue())
    assert "labelling  ██████░░░░░░░░░░░░░░░░░░░  10/40  0s" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\033[K")


def test_what_is_quick_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    with Progress(40, "labelling") as bar:
        bar.step()
    assert terminal.getvalue() == ""


def test_it_is_only_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "_AFTER", 0.01)
    with Progress(40, "labelling"):
        time.sleep(0.1)
    assert stream.getvalue() == ""
