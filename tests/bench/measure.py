"""Whole processes, measured from outside: seconds and peak memory, two commands in turn."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """One run: wall seconds, and the peak resident memory of the process in MB."""

    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Median:
    """The medians of several runs."""

    seconds: float
    megabytes: float
    runs: int


def run(command: Sequence[str], environ: Mapping[str, str] | None = None) -> Run:
    """Run once, output thrown away; raises RuntimeError where the command fails."""
    began = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, **(environ or {})}
    )
    assert process.stderr is not None
    told = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} exited with {process.returncode}: {told.strip()}")
    return Run(time.monotonic() - began, usage.ru_maxrss / 1024)


def in_turn(commands: Sequence[Sequence[str]], runs: int, environ: Mapping[str, str] | None = None) -> list[Median]:
    """The medians of each command; they run one after the other, so that a drifting machine is fair to all.

    The first run of each is not counted.
    """
    found: list[list[Run]] = [[] for _ in commands]
    for number in range(runs + 1):
        for place, command in enumerate(commands):
            measured = run(command, environ)
            if number:
                found[place].append(measured)
    return [
        Median(statistics.median(r.seconds for r in each), statistics.median(r.megabytes for r in each), len(each))
        for each in found
    ]
