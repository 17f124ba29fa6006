"""Runs the plugin, ends it in some way in the midst of its work, and reads what it told of that."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .processes import ends_within

_MAIN = "from kubectl_ambient.__main__ import main; main()"
_LONG = 120.0


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What happens to a run: after so many lines on stdout, and a pause (seconds), the signals come, a pause apart.

    reader: which stream loses its reader then (1), or has none from the first (2). redirect: words for the shell.
    prelude: Python that runs in the process before the program.
    """

    signals: tuple[signal.Signals, ...] = ()
    after_lines: int = 0
    pause: float = 0.0
    reader: int = 0
    redirect: str = ""
    prelude: str = ""


@dataclass(frozen=True)
class Told:
    """What a run told of the namespaces that it was to label, on whichever stream."""

    code: int
    out: str
    err: str
    done: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    shows: list[str] = field(default_factory=list)
    undoes: list[str] = field(default_factory=list)


def run(words: Sequence[str], ending: Ending, env: Mapping[str, str]) -> Told:
    """Run `kubectl-ambient WORDS` so; the environment is this process's own with `env`."""
    command = [sys.executable, "-c", f"{ending.prelude}\n{_MAIN}", *words]
    if ending.redirect:
        command = ["bash", "-c", f"exec {shlex.join(command)} {ending.redirect}"]
    with tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=_nobody() if ending.reader == 2 else err,
            stdin=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **env},
        )
        try:
            with ends_within(_LONG, process):
                out = _end(process, ending)
                code = process.wait(_LONG)
        finally:
            process.kill()
        err.seek(0)
        return _read(code, out, err.read())


def run_lines(lines: Sequence[str], env: Mapping[str, str]) -> None:
    """Run lines in bash one after the other, as somebody who pastes them; a failure raises."""
    done = subprocess.run(
        ["bash", "-ec", "\n".join(lines)],
        capture_output=True,
        text=True,
        check=False,
        timeout=_LONG,
        env={**os.environ, **env},
    )
    assert done.returncode == 0, f"{lines}: {done.stdout}{done.stderr}"


def _end(process: subprocess.Popen[str], ending: Ending) -> str:
    assert process.stdout is not None
    lines = []
    for line in process.stdout if ending.after_lines else ():
        lines.append(line)
        if len(lines) == ending.after_lines:
            break
    time.sleep(ending.pause)
    for number in ending.signals:
        process.send_signal(number)
        time.sleep(ending.pause)
    if ending.reader == 1:
        process.stdout.close()
        return "".join(lines)
    return "".join([*lines, process.stdout.read()])


def no_threads_after(count: int) -> str:
    """A prelude: the machine gives no more than so many threads."""
    return f"""
import _thread, threading
real, left = _thread.start_new_thread, [{count}]
def start(*words):
    left[0] -= 1
    if left[0] < 0:
        raise RuntimeError("can't start new thread")
    return real(*words)
_thread.start_new_thread = threading._start_new_thread = start
"""


def lost_threads(every: int) -> str:
    """A prelude: of every so many threads, one ends before it has begun, as where there is no memory for it."""
    return f"""
import _thread, itertools
real, number = _thread.start_new_thread, itertools.count(1)
def start(work, *words):
    return real(work, *words) if next(number) % {every} else real(lambda *_: None, *words)
_thread.start_new_thread = start
"""


def at_change(number: int, do: str) -> str:
    """A prelude: one line of Python that runs when the change of this number (from 1) is about to be sent."""
    return f"""
import resource
import kubectl_ambient.kube.transport as transport
real, count = transport.Transport.send, [0]
def send(self, request):
    if request.method == "PATCH":
        count[0] += 1
        if count[0] == {number}:
            {do}
    return real(self, request)
transport.Transport.send = send
"""


def _nobody() -> int:
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def _read(code: int, out: str, err: str) -> Told:
    told = Told(code, out, err)
    with contextlib.suppress(json.JSONDecodeError):  # a reader may not have stayed for the whole document
        document = json.loads(out)
        told.done.update(item["metadata"]["name"] for item in document.get("items", [document]))
    for line in [*out.splitlines(), *err.splitlines()]:
        line = line.removeprefix("# ")
        if found := re.fullmatch(r"namespace/(\S+)(?: (?:un)?labeled)?", line):
            told.done.add(found[1])
        elif line.startswith("error: not known: it may still be applied: "):
            told.unknown.update(re.findall(r"namespace/([\w-]+)", line.partition(" (")[0]))
        elif line.startswith("show: "):
            told.shows.append(line.removeprefix("show: "))
        elif line.startswith("undo: "):
            told.undoes.append(line.removeprefix("undo: "))
    return told
