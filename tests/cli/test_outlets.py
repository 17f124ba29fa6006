"""A second signal breaks off what waits for a reader, and nothing that has been written."""

from __future__ import annotations

import io
import signal
import sys
import time

import pytest

from kubectl_ambient.runs.change.outlets import Outlets
from kubectl_ambient.runs.ending import Signals


class Interrupted(io.StringIO):
    """Ctrl-C comes twice with each flush: after what it had to do, which takes `seconds`."""

    seconds = 0.0

    def flush(self) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        time.sleep(self.seconds)


def test_what_was_written_when_the_signals_came_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", out := Interrupted())
    monkeypatch.setattr(sys, "stderr", err := Interrupted())
    with Signals() as signals:
        outlets = Outlets("json", signals)
        assert outlets.document("{}")
        outlets.remarks(["undo: this"])
    assert (outlets.broke, signals.count, out.getvalue(), err.getvalue()) == (False, 4, "{}\n", "undo: this\n")


def test_what_waits_for_a_reader_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", out := Interrupted())
    out.seconds = 30.0
    began = time.monotonic()
    with Signals() as signals:
        outlets = Outlets("json", signals)
        assert not outlets.document("{}")
    assert outlets.broke
    assert time.monotonic() - began < 15


def test_no_timer_is_left_behind() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with Signals() as signals, signals.breaking():
        signal.raise_signal(signal.SIGINT)
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    assert signal.getsignal(signal.SIGALRM) is before
