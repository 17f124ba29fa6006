"""Issue 10, number 2: what is told as done is done, whatever ends the run; through the program, on a small server."""

from __future__ import annotations

import json
import signal
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.kube.standin import Reply, StandIn, status
from tests.rig import endings
from tests.rig.endings import Ending, Told

from .objects_api import ObjectsApi

LABEL = "istio.io/dataplane-mode"
NAMES = [f"n{i:02}" for i in range(24)]
PATHS = {name: f"/api/v1/namespaces/{name}" for name in NAMES}
WORDS = ("enable", "ns", *NAMES)
INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP

Fields = dict[str, Any]


class Scene:
    """24 namespaces on a server of this test, and the program that is to label them."""

    def __init__(self, api: ObjectsApi, folder: Path) -> None:
        self.api = api
        for path in PATHS.values():
            api.add(path)
        config = {
            "current-context": "dev",
            "clusters": [{"name": "c", "cluster": {"server": api.url}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "dev", "context": {"cluster": "c", "user": "u"}}],
        }
        (folder / "kubeconfig").write_text(json.dumps(config))
        program = folder / "bin" / "kubectl"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\n[ "$1" = ambient ] && shift && exec {sys.executable} -m kubectl_ambient "$@"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        self.env = {"KUBECONFIG": str(folder / "kubeconfig"), "PATH": f"{program.parent}:/usr/bin:/bin"}

    def run(self, *words: str, **ending: Any) -> Told:
        """`enable` of the 24, ended so."""
        return endings.run([*WORDS, *words], Ending(**ending), self.env)

    @property
    def changed(self) -> set[str]:
        return {name for name, path in PATHS.items() if LABEL in self.api.labels(path)}

    def check(self, told: Told, *, code: int | None = None, back: bool = False) -> None:
        """That it told the truth, and named the way back. With `back`, that it leads back."""
        shown = f"{told.code}\n{told.out}\n{told.err}"
        assert "Traceback" not in told.err
        assert told.done <= self.changed, shown
        assert self.changed <= told.done | told.unknown, shown
        assert not told.done & told.unknown, shown
        if code is not None:
            assert told.code == code, shown
        assert bool(told.unknown) == bool(told.shows), shown
        for name in told.unknown:
            assert any(f" {name} " in f"{show} " for show in told.shows)
        changed_back = [set(undo.split()[4:]) for undo in told.undoes if "-l" not in undo]
        assert changed_back == [names for names in (told.unknown, told.done) if names], shown
        if not back:
            return
        self.api.before_patch = lambda path, patch: None
        self.api.after_patch = lambda path, reply: reply
        endings.run_lines(told.undoes, self.env)
        assert self.changed == set(), shown

    def slow(self, seconds: float = 0.03) -> None:
        """Each change takes a while."""

        def wait(path: str, patch: Fields) -> Reply | None:
            time.sleep(seconds)
            return None

        self.api.before_patch = wait

    def hold(self, *names: str, seconds: float = 30.0) -> None:
        """The changes of these are made, and their answers do not come."""
        paths = {PATHS[name] for name in names}

        def wait(path: str, reply: Reply) -> Reply:
            # Not before the answer: that would keep all others waiting too.
            return Reply(chunks=_after(seconds)) if path in paths else reply

        self.api.after_patch = wait

    def answer(self, name: str, reply: Reply | Callable[[Reply], Reply], times: int = 99) -> None:
        """Another answer to the change of one, although it is made."""
        left = [times]

        def other(path: str, made: Reply) -> Reply:
            if path != PATHS[name] or not left[0]:
                return made
            left[0] -= 1
            return reply if isinstance(reply, Reply) else reply(made)

        self.api.after_patch = other


def _after(seconds: float) -> Any:
    time.sleep(seconds)
    yield b"{}"


@pytest.fixture
def scene(tmp_path: Path) -> Any:
    standin = StandIn()
    yield Scene(ObjectsApi(standin), tmp_path)
    standin.stop()


# Signals.


@pytest.mark.parametrize("number", [INT, TERM, HUP])
@pytest.mark.parametrize("lines", [1, 9, 23])
def test_a_signal_waits_for_what_is_under_way(scene: Scene, number: signal.Signals, lines: int) -> None:
    scene.slow()
    told = scene.run(signals=(number,), after_lines=lines)
    assert lines <= len(told.done)
    assert told.unknown == set()
    assert ("error: not tried, interrupted: namespace/" in told.err) == (len(told.done) < 24)
    scene.check(told, code=128 + number, back=lines == 9)


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
    assert 7 <= len(told.done) < 24
    assert told.done <= scene.changed
    assert len(scene.changed - told.done) <= 10


def test_the_documents_of_an_interrupted_run_are_those_that_are_done(scene: Scene) -> None:
    scene.slow(0.1)
    scene.api.before_get = lambda path: time.sleep(0.0) if path in PATHS.values() else None
    told = scene.run("-o", "json", signals=(INT,), pause=1.5)
    if told.out:
        scene.check(told)


# Answers that prove nothing, and some that do.


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(fault="reset"), "connection reset by peer"),
        (Reply({}, fault="cut"), "unexpected EOF"),
        (Reply(b"<html>Bad Gateway</html>", 502, content_type="text/html"), "an error on the server"),
        (Reply(b"", 504), "may still be processing the request"),
        (status(500, "ServerTimeout", "the server timed out"), "the server timed out"),
        (status(504, "Timeout", "request did not complete"), "request did not complete"),
        (status(503, "ServiceUnavailable", "apiserver is shutting down"), "apiserver is shutting down"),
        (Reply(b"", 408), "408"),
        (Reply(b"<html>hello</html>"), "cannot be read"),
        (Reply(b""), "cannot be read"),
        (Reply(b"[]"), "cannot be read"),
        (Reply({}), "is not that object"),
        (Reply({"kind": "Status", "status": "Success"}), "is not that object"),
        (Reply({"metadata": {"name": "other", "labels": {LABEL: "ambient"}}}), "is not that object"),
    ],
)
def test_an_answer_that_proves_nothing_is_not_known(scene: Scene, reply: Reply, why: str) -> None:
    scene.answer("n07", reply)
    told = scene.run()
    assert told.unknown == {"n07"}
    assert len(told.done) == 23
    assert why in told.err
    scene.check(told, code=1)


@pytest.mark.parametrize(
    "reply",
    [
        status(403, "Forbidden", 'namespaces "n07" is forbidden', name="n07"),
        status(422, "Invalid", "no"),
        status(429, "TooManyRequests", "later"),
        status(400, "BadRequest", "what?"),
        Reply(b"", 302, headers={"Location": "https://login.example"}),
    ],
)
def test_a_refusal_is_no_doubt(scene: Scene, reply: Reply) -> None:
    scene.api.before_patch = lambda path, patch: reply if path == PATHS["n07"] else None
    told = scene.run()
    assert (told.unknown, "not known" in told.err) == (set(), False)
    assert "n07" not in told.done | scene.changed
    scene.check(told, code=1)


def test_a_conflict_that_our_own_first_try_made_is_none(scene: Scene) -> None:
    """It is sent again, as the server asked for, and meets what it has done itself."""
    later = Reply(b"", 503, headers={"Retry-After": "0"})
    scene.answer("n07", later, times=1)
    told = scene.run()
    assert told.done == set(NAMES)
    assert "n07" in told.undoes[-1]
    scene.check(told, code=0)


def test_what_refuses_after_a_try_that_may_have_worked_is_not_known(scene: Scene) -> None:
    tries: list[str] = []

    def refuse_later(path: str, patch: Fields) -> Reply | None:
        if path != PATHS["n07"]:
            return None
        tries.append(path)
        return status(403, "Forbidden", "not any more") if len(tries) > 1 else None

    scene.api.before_patch = refuse_later
    scene.answer("n07", Reply(b"", 503, headers={"Retry-After": "0"}))
    told = scene.run()
    assert told.unknown == {"n07"}
    scene.check(told, code=1)


def test_what_was_never_sent_is_no_doubt(scene: Scene) -> None:
    """The server goes away before the changes: nothing can be connected to."""
    refuse = (
        "import kubectl_ambient.kube.pool as pool, urllib3\n"
        "class Refused(urllib3.PoolManager):\n"
        "    def urlopen(self, method, url, **words):\n"
        "        if method == 'PATCH': url = 'http://127.0.0.1:1/'\n"
        "        return super().urlopen(method, url, **words)\n"
        "urllib3.PoolManager = Refused\n"
    )
    told = scene.run(prelude=refuse)
    assert (told.done, told.unknown, told.undoes, scene.changed) == (set(), set(), [], set())
    assert "was refused - did you specify the right host or port?" in told.err
    assert told.code == 1


# Streams.


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
        import yaml

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
    scene.slow()
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


# The machine.


@pytest.mark.parametrize("most", [0, 1, 3, 30])
def test_fewer_threads_do_it_too(scene: Scene, most: int) -> None:
    told = scene.run(prelude=endings.no_threads_after(most))
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
