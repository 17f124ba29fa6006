"""Issue 10, number 2: what is told as done is done, whatever ends the run: signals, a machine that is full."""

from __future__ import annotations

import signal
import time

import pytest
import yaml

from tests.rig import endings

from .account_scene import LABEL, Scene

INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP


@pytest.mark.parametrize("number", [INT, TERM, HUP])
@pytest.mark.parametrize("lines", [1, 9, 23])
def test_a_signal_waits_for_what_is_under_way(scene: Scene, number: signal.Signals, lines: int) -> None:
    scene.slow()
    told = scene.run(signals=(number,), after_lines=lines)
    assert lines <= len(told.done)
    assert told.unknown == set()
    assert ("error: not tried, interrupted: namespace/" in told.err) == (len(told.done) < 24)
    ended = len(told.done) == 24  # before the signal came, on a busy machine
    scene.check(told, code=None if ended else 128 + number, back=lines == 9)


@pytest.mark.parametrize("signals", [(INT, INT), (TERM, TERM), (INT, TERM, HUP), (INT,) * 10])
def test_a_second_one_waits_no_more(scene: Scene, signals: tuple[signal.Signals, ...]) -> None:
    scene.hold("n03", "n05")
    began = time.monotonic()
    told = scene.run(signals=signals, after_lines=5, pause=0.05)
    assert time.monotonic() - began < 20
    assert told.unknown >= {"n03", "n05"} & scene.changed
    scene.check(told, code=128 + signals[0])


def test_what_does_not_answer_is_waited_for_a_few_seconds_only(scene: Scene) -> None:
    scene.hold("n00")
    told = scene.run(signals=(INT,), after_lines=20, pause=0.05)
    assert told.unknown == {"n00"}
    assert "error: not known: it may still be applied: namespace/n00 (no answer yet, interrupted)\n" in told.err
    assert f"show: kubectl get ns n00 -L {LABEL}\nundo: kubectl ambient disable ns n00\n" in told.err
    scene.check(told, code=130, back=True)


def test_a_killed_run_has_told_only_what_is_done(scene: Scene) -> None:
    scene.slow()
    told = scene.run(signals=(signal.SIGKILL,), after_lines=7)
    assert len(told.done) >= 7
    assert told.done <= scene.changed
    assert len(scene.changed - told.done) <= 10


@pytest.mark.parametrize("output", ["json", "yaml"])
def test_the_documents_of_an_interrupted_run_are_those_that_are_done(scene: Scene, output: str) -> None:
    interrupt = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"
    told = scene.run("-o", output, prelude=endings.at_change(8, interrupt))
    if output == "yaml":
        told.done.update(item["metadata"]["name"] for item in yaml.safe_load(told.out)["items"])
    assert 7 <= len(told.done) < 24
    scene.check(told, code=130)


@pytest.mark.parametrize("output", [(), ("-o", "name"), ("-o", "json"), ("-o", "yaml")])
def test_signals_while_the_account_is_told_break_off_nothing(scene: Scene, output: tuple[str, ...]) -> None:
    """They come the moment that its first line is there, when all is written and nobody waits any more."""
    told = scene.run(*output, signals=(INT,) * 10, after_lines=1 if output[1:] in (("json",), ("yaml",)) else 24)
    if output[1:] == ("yaml",):
        told.done.update(item["metadata"]["name"] for item in yaml.safe_load(told.out)["items"])
    assert len(told.done) == 24
    assert " labeled" not in told.err
    assert told.undoes
    scene.check(told, code=None, back=True)


# The machine.


@pytest.mark.parametrize("most", [0, 1, 3, 30])
def test_fewer_threads_do_it_too(scene: Scene, most: int) -> None:
    told = scene.run(prelude=endings.no_threads_after(most))
    assert len(told.done) == 24
    scene.check(told, code=0)


@pytest.mark.parametrize("every", [1, 2, 3])
def test_threads_that_end_before_they_begin_are_not_waited_for(scene: Scene, every: int) -> None:
    told = scene.run(prelude=endings.lost_threads(every))
    assert len(told.done) == 24
    scene.check(told, code=0)


def test_without_a_thread_ctrl_c_breaks_off_the_request(scene: Scene) -> None:
    scene.hold("n04")
    told = scene.run(prelude=endings.no_threads_after(0), signals=(INT,), after_lines=4, pause=0.2)
    assert (len(told.done), told.unknown) == (4, {"n04"})
    assert "namespace/n04 (interrupted before the answer)" in told.err
    scene.check(told, code=130)


_RAISES = """
import kubectl_ambient.kube.transport as transport
real, count = transport.Transport.send, [0]
def send(self, request):
    if request.method != "PATCH": return real(self, request)
    count[0] += 1
    mine = count[0]
    if mine == {nth} and not {after}: raise {error}
    body = real(self, request)
    if mine == {nth} and {after}: raise {error}
    return body
transport.Transport.send = send
"""


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("error", ["MemoryError()", "RuntimeError('odd')", "SystemExit(0)", "KeyboardInterrupt()"])
def test_an_error_in_a_thread_ends_it(scene: Scene, error: str, after: bool) -> None:
    scene.slow()
    told = scene.run(prelude=_RAISES.format(nth=6, error=error, after=after))
    assert len(told.unknown) == 1
    assert error.partition("(")[0] in told.err
    scene.check(told, code=1)
