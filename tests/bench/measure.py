"""Whole processes, measured from outside: wall time, CPU and peak memory, several commands in turn."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Command: TypeAlias = Sequence[str] | Callable[[], Sequence[str]]
"""Words, or what finds them right before they are run."""


@dataclass(frozen=True)
class Run:
    """One run: seconds by the clock, seconds of CPU (user and system), and the peak resident memory in MB."""

    seconds: float
    cpu: float
    megabytes: float


@dataclass(frozen=True)
class Median(Run):
    """The medians of several runs."""

    runs: int


# A process inherits the peak memory of the one that it was forked from (Linux, getrusage(2)), and this one is large:
# the command is started by a small interpreter of its own, which also looks at the clock.
_STARTER = """
import os, sys, time
nowhere = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
began = time.monotonic()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=nowhere)
_, status, usage = os.wait4(child, 0)
seconds = time.monotonic() - began
print(os.waitstatus_to_exitcode(status), seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
"""


# What is set for developers, such as not to write bytecode, is not what a user has.
_USUAL = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def run(command: Sequence[str], environ: Mapping[str, str] | None = None) -> Run:
    """Run once, output thrown away; raises RuntimeError where the command fails."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _STARTER, *command],
        capture_output=True,
        text=True,
        env={**_USUAL, **(environ or {})},
        check=True,
    )
    code, seconds, cpu, kilobytes = done.stdout.split()
    if code != "0":
        raise RuntimeError(f"{' '.join(command)} exited with {code}: {done.stderr.strip()}")
    return Run(float(seconds), float(cpu), int(kilobytes) / 1024)


def in_turn(
    commands: Sequence[Command],
    runs: int,
    environ: Mapping[str, str] | None = None,
    *,
    tell: Callable[[int, int, Run], None] = lambda *_: None,
) -> list[Median]:
    """The medians of each command; they run one after the other, so that a drifting machine is fair to all.

    The first run of each is not counted. `tell` hears of each: how many rounds there were before, which command it
    was, and what it took.
    """
    found: list[list[Run]] = [[] for _ in commands]
    for number in range(runs + 1):
        for place, command in enumerate(commands):
            measured = run(command() if callable(command) else command, environ)
            tell(number, place, measured)
            if number:
                found[place].append(measured)
    return [_median(each) for each in found]


def _median(runs: Sequence[Run]) -> Median:
    seconds, cpu, megabytes = (
        statistics.median(values) for values in zip(*((r.seconds, r.cpu, r.megabytes) for r in runs), strict=True)
    )
    return Median(seconds, cpu, megabytes, len(runs))
