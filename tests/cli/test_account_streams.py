"""Issue 10, numbers 2 and 10: the account goes to what is still open of stdout and stderr."""

from __future__ import annotations

import signal

import pytest
import yaml

from tests.kube.standin import Reply
from tests.rig import endings
from tests.rig.endings import Told

from .account_scene import Scene

INT = signal.SIGINT


@pytest.mark.parametrize("redirect", [">&-", "<&- >&-"])
def test_without_a_stdout_it_is_told_on_stderr(scene: Scene, redirect: str) -> None:
    told = scene.run(redirect=redirect)
    assert len(told.done) == 24
    scene.check(told, code=0)


@pytest.mark.parametrize("output", ["", "name", "json", "yaml"])
@pytest.mark.parametrize("redirect", ["2>&-", "2>/dev/full"])
def test_without_a_stderr_it_is_told_on_stdout(scene: Scene, redirect: str, output: str) -> None:
    scene.answer("n07", Reply(b"", 502))
    told = scene.run(*(["-o", output] if output else []), redirect=redirect)
    assert told.code == 1
    if output == "json":
        assert len(told.done) == 23
        assert "n07" not in told.done
        return
    if output == "yaml":
        told.done.update(item["metadata"]["name"] for item in yaml.safe_load(told.out)["items"])
    assert told.unknown == {"n07"}
    scene.check(told)


@pytest.mark.parametrize("redirect", [">&- 2>&-", "<&- >&- 2>&-"])
def test_where_nobody_can_be_told_nothing_is_sent(scene: Scene, redirect: str) -> None:
    told = scene.run(redirect=redirect)
    assert (told.code, scene.changed) == (1, set())


def test_where_both_are_full_no_more_is_sent(scene: Scene) -> None:
    told = scene.run(redirect=">/dev/full 2>/dev/full")
    assert told.code == 1
    assert 1 <= len(scene.changed) <= 10


@pytest.mark.parametrize("output", ["", "name", "json"])
def test_a_full_disk_for_stdout_ends_it(scene: Scene, output: str) -> None:
    told = scene.run(*(["-o", output] if output else []), redirect=">/dev/full")
    assert (len(scene.changed) <= 10) == (output != "json")
    assert "error: write stdout: no space left on device\n" in told.err
    assert ("error: not tried, what is done can be told no more: " in told.err) == (output != "json")
    scene.check(told, code=1)


@pytest.mark.parametrize("lines", [1, 8])
def test_a_reader_that_goes_away_ends_it(scene: Scene, lines: int) -> None:
    scene.slow(0.15)
    told = scene.run(after_lines=lines, reader=1)
    assert len(scene.changed) < 24
    scene.check(Told(told.code, told.out, told.err, scene.changed, told.unknown, told.shows, told.undoes), code=1)
    assert "error: not tried, what is done can be told no more: " in told.err


def test_a_reader_of_stderr_that_has_gone(scene: Scene) -> None:
    told = scene.run(reader=2)
    assert len(told.done) == 24
    scene.check(told, code=0)


def test_no_connection_gets_the_number_of_a_closed_stream(scene: Scene) -> None:
    """What is printed would go into it."""
    look = "import os; assert {os.readlink(f'/proc/self/fd/{n}') for n in range(3)} == {os.devnull}"
    told = scene.run(redirect="<&- >&- 2>/dev/null", prelude=endings.at_change(1, look))
    assert (told.code, len(scene.changed)) == (0, 24)


def test_a_reader_that_does_not_read_is_left_by_the_second_signal(scene: Scene) -> None:
    """A pipe that is full holds up whoever prints."""
    fill = "import os; os.set_blocking(1, False)\ntry:\n    while os.write(1, b'x' * 4096): pass\n"
    fill += "except BlockingIOError: os.set_blocking(1, True)"
    told = scene.run(prelude=fill, signals=(INT, INT, INT), pause=2.0)
    assert told.code == 130
    assert "bug" not in told.err
    told = Told(told.code, "", told.err, told.done, told.unknown, told.shows, told.undoes)
    if scene.changed:
        scene.check(told, code=130)
