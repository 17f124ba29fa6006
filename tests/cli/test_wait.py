"""The loop of a wait, its clock and what it shows meanwhile; and wrong usage of it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

import pytest

from kubectl_ambient.cluster.reading.watch import BACK, Changes
from kubectl_ambient.mesh.settling import Standing, Straggler
from kubectl_ambient.render.bar import WaitBar
from kubectl_ambient.runs.waiting import loop
from kubectl_ambient.runs.waiting.loop import Waited, until_settled
from kubectl_ambient.runs.waiting.meter import Meter

from .enable_fixtures import Run, ambient, clean_environment
from .test_enable_progress import Terminal

__all__ = ["ambient", "clean_environment"]

AWAY = "lost the connection to the server; going on: refused"


def waits(left: int) -> Standing:
    found = tuple(Straggler(name=f"shop/p{i}", why="It is not.", node="n1") for i in range(left))
    return Standing(pods=5, stragglers=found)


class World:
    """One look a second: so many of five pods are waited for, or (None) the server is away."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *left: int | None) -> None:
        self.left = left
        self.second = 0.0
        self.looks = 0
        monkeypatch.setattr(loop, "now", lambda: self.second)

    def changes(self) -> Iterator[Changes]:
        before: int | None = 0
        for at, left in enumerate((*self.left, *([self.left[-1]] * 10**6))):
            self.second = float(at)
            away = left is None
            outage = [AWAY if away else BACK] if away != (before is None) else []
            before = left
            yield Changes(current=not away, outage=outage)

    def look(self, _: Changes) -> Standing:
        self.looks += 1
        left = self.left[min(int(self.second), len(self.left) - 1)]
        assert left is not None
        return waits(left)

    def wait(self, seconds: float) -> Waited:
        with Meter() as meter:
            return until_settled(self.changes(), self.look, meter, seconds)


def test_it_ends_when_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    found = World(monkeypatch, 5, 3, 1, 0).wait(60)
    assert (found.why, found.age, found.standing.pods) == ("", "3s", 5)


@pytest.mark.parametrize(("seconds", "looks", "why"), [(4, 5, "timed out after 4s"), (0, 1, "timed out after 0s")])
def test_it_ends_at_the_time_out(monkeypatch: pytest.MonkeyPatch, seconds: float, looks: int, why: str) -> None:
    world = World(monkeypatch, 2)
    found = world.wait(seconds)
    assert (found.why, world.looks, len(found.standing.stragglers)) == (why, looks, 2)


def test_less_than_nothing_is_a_week(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, *([1] * 1000), 0)
    assert (world.wait(-1).why, world.second) == ("", 1000)
    world = World(monkeypatch, 1)
    assert (world.wait(-1).why, world.second) == ("timed out after 7d", 7 * 86400)


def test_what_is_not_current_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, 2, None, None, 0)
    assert (world.wait(60).why, world.looks) == ("", 2)


def test_a_server_that_stays_away_is_told_at_the_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    found = World(monkeypatch, 2, None).wait(5)
    assert found.why == f"timed out after 5s, and {AWAY}; before that"
    assert len(found.standing.stragglers) == 2


def test_a_server_that_never_answers_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, None)
    monkeypatch.setattr(world, "changes", lambda: silent(world))
    found = world.wait(0)
    assert (found.why, world.second) == ("timed out after 0s, and the server has not answered", 10)


def silent(world: World) -> Iterator[Changes]:
    for second in range(1000):
        world.second = float(second)
        yield Changes(current=False)


def test_a_pipe_gets_a_line_when_that_changes_and_one_in_two_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    World(monkeypatch, 5, 4, 3, 3, 3, 2, None, 1, 0).wait(60)
    lines = capsys.readouterr().err.splitlines()
    counts = [line.partition(" of ")[0] for line in lines if " of 5 " in line]
    assert counts == ["0", "2", "3", "4"]
    assert [line for line in lines if " of 5 " not in line] == [AWAY, BACK]


def test_a_terminal_gets_a_bar_that_is_wiped_off(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    World(monkeypatch, 5, 1, None, 1, 0).wait(60)
    written = terminal.getvalue()
    assert re.search(r"\r5 pods ━{16} +4/5 waiting for shop/p0 \(n1\) 1s\033\[K", written)
    assert f"\r\033[K{AWAY}\n" in written
    assert written.endswith("\r\033[K")


@pytest.mark.parametrize("width", [20, 40, 60, 79, 199])
@pytest.mark.parametrize("waits", ["", "waiting for a", "waiting for " + "a" * 300])
def test_the_bar_fits_into_one_line(width: int, waits: str) -> None:
    bar = WaitBar(coloured=False)
    for done in (0, 7, 12345):
        line = bar.of(done, 12345, waits, "2m3s", width)
        assert len(line) <= width
        if width >= 60:
            assert line.rstrip().endswith("2m3s")
            assert f"{done}/12345" in line


WRONG = [
    ("enable ns shop --batch 5", "--batch goes with --wait"),
    ("enable ns shop --wait --batch 0", "--batch must be at least 1, not 0"),
    ("enable ns shop --timeout 5s", "--timeout goes with --wait"),
    ("disable ns shop --wait --timeout 5", 'invalid argument "5" for "--timeout" flag: time: missing unit'),
    ("enable -f x.yaml --local --wait", "--wait needs a cluster: it cannot go with --local"),
    ("status --wait -w", "--wait has an end: it cannot go with --watch"),
    ("status --wait --nodes", "--wait has an end: it cannot go with --nodes"),
    ("status --timeout 5s", "--timeout goes with --wait"),
    ("status --wait -f x.yaml", "--wait needs a cluster: files do not change by themselves"),
]


@pytest.mark.parametrize(("line", "words"), WRONG)
def test_wrong_usage(ambient: Run, line: str, words: str) -> None:
    found = ambient(*line.split())
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith(f"error: {words}")
    assert found.err.count("\n") == 1
