"""The progress bar: on a terminal, for much that takes a while, below the lines, and gone afterwards."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest

from kubectl_ambient.foreign import one_line
from kubectl_ambient.render.bar import Bar
from kubectl_ambient.runs import progress
from kubectl_ambient.runs.progress import Progress

from .account_scene import Scene
from .on_terminal import on_terminal

WIPE = "\r\033[K"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(progress, "now", found)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    return found


def a_terminal(monkeypatch: pytest.MonkeyPatch, terminal: io.StringIO | None = None) -> io.StringIO:
    """Not as a fixture: between setting up and the call, pytest puts its own stderr there."""
    stream = terminal or Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


def fresh(stream: io.StringIO) -> str:
    """What was written since."""
    found = stream.getvalue()
    stream.seek(0)
    stream.truncate()
    return found


def test_it_is_drawn_and_wiped_off(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    terminal = a_terminal(monkeypatch)
    with Progress(40, "labelling") as bar:
        clock.seconds += 2
        for _ in range(10):
            bar.step()
        bar.draw()
        assert re.fullmatch(r"\rlabelling ━━━━━━━━━━ +10/40 -:--:--\033\[K", fresh(terminal))
    assert terminal.getvalue() == WIPE


def test_lines_are_told_where_the_bar_was(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    terminal = a_terminal(monkeypatch)
    with Progress(40, "labelling") as bar:
        clock.seconds += 2
        bar.draw()
        fresh(terminal)
        with bar.aside():
            print("a line", file=sys.stderr)
        assert re.fullmatch(r"\r\033\[Ka line\n\rlabelling .*0/40 -:--:--\033\[K", terminal.getvalue())


def test_it_is_written_ten_times_a_second(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    terminal = a_terminal(monkeypatch)
    with Progress(40, "labelling") as bar:
        clock.seconds += 2
        for _ in range(40):
            bar.step()
            clock.seconds += 0.025
            bar.draw()
        assert terminal.getvalue().count("labelling") == 10


@pytest.mark.parametrize(("total", "after"), [(40, 1.9), (19, 60.0)])
def test_what_is_quick_or_little_shows_nothing(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, total: int, after: float
) -> None:
    terminal = a_terminal(monkeypatch)
    with Progress(total, "labelling") as bar:
        clock.seconds += after
        with bar.aside():
            bar.step()
        bar.draw()
    assert terminal.getvalue() == ""


@pytest.mark.parametrize("why", ["no terminal", "dumb"])
def test_it_is_only_for_terminals_that_can_wipe(monkeypatch: pytest.MonkeyPatch, clock: Clock, why: str) -> None:
    stream = a_terminal(monkeypatch, io.StringIO() if why == "no terminal" else None)
    monkeypatch.setenv("TERM", "dumb" if why == "dumb" else "xterm")
    with Progress(40, "labelling") as bar:
        clock.seconds += 60
        bar.draw()
    assert stream.getvalue() == ""


def test_work_does_not_end_for_its_bar(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    def broken(*_: object) -> str:
        raise MemoryError

    terminal = a_terminal(monkeypatch)
    monkeypatch.setattr(Bar, "text", broken)
    with Progress(40, "labelling") as bar:
        clock.seconds += 60
        bar.draw()
    assert terminal.getvalue() == ""


@pytest.mark.parametrize("width", [10, 20, 40, 79, 199])
@pytest.mark.parametrize("coloured", [False, True])
def test_it_fits_into_one_line(width: int, coloured: bool) -> None:
    bar = Bar("labelling", 12345, coloured=coloured)
    for done in (0, 1, 6000, 12345):
        line = bar.text(done, width)
        plain = re.sub(r"\033\[[0-9;]*m", "", line)
        assert len(plain) <= width
        assert one_line(plain) == plain
        assert coloured or line == plain
        if width >= 79:
            assert coloured == (line != plain)
            assert f"{done:5}/12345" in plain


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_a_run_on_a_terminal(scene: Scene, columns: int) -> None:
    """stdout and stderr are the same terminal: each line stands for itself, and nothing is left of the bar."""
    scene.slow(0.15)
    ran = on_terminal(["enable", "ns", *(f"n{i:02}" for i in range(24))], scene.env, columns=columns)
    assert (ran.code, "/24" in ran.written) == (0, True)
    assert "\033[?25" not in ran.written  # the cursor is not hidden
    found = [line for line in ran.screen if "labeled" in line]
    assert sorted(found) == [f"namespace/n{i:02} labeled" for i in range(24)]
    assert not [line for line in ran.screen if "━" in line or "/24" in line]


def test_a_document_on_stdout_and_the_bar_on_the_terminal(scene: Scene, tmp_path: Path) -> None:
    scene.slow(0.15)
    words = ["enable", "ns", *(f"n{i:02}" for i in range(24)), "-o", "json"]
    ran = on_terminal(words, scene.env, stdout=tmp_path / "out")
    assert "/24" in ran.written
    assert (tmp_path / "out").read_text().startswith("{\n")
    assert "\033" not in (tmp_path / "out").read_text()


@pytest.mark.parametrize("no_color", ["", "1"])
def test_colour_is_left_out_where_that_is_wanted(scene: Scene, no_color: str) -> None:
    scene.slow(0.15)
    words = ["enable", "ns", *(f"n{i:02}" for i in range(24))]
    ran = on_terminal(words, {**scene.env, "NO_COLOR": no_color, "FORCE_COLOR": "1"})
    assert "/24" in ran.written
    assert bool(re.search(r"\033\[[0-9;]*m", ran.written)) == (no_color == "")
