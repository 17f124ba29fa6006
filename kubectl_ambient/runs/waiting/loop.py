"""The loop of a wait: looks at each change until all has settled, or the time is over."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from kubectl_ambient.cluster.kinds.pods import PODS
from kubectl_ambient.cluster.needs.ask import Ask
from kubectl_ambient.cluster.reading.watch import Changes, follow
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.foreign import shown
from kubectl_ambient.kube.api import Client
from kubectl_ambient.mesh.ages import human
from kubectl_ambient.mesh.settling import Standing
from kubectl_ambient.render.say import say
from kubectl_ambient.runs.waiting.meter import Meter

PATIENCE = 300.0
"""Seconds that are waited where nothing was typed."""
_WEEK = 7 * 86400.0
_ANSWER = 10.0  # seconds for the first answer, however little time there is

now: Callable[[], float] = time.monotonic  # one name, for tests to replace


class Waited(Struct, kw_only=True):
    """How it ended. why: why it did not settle, as a part of a sentence; empty where it did.

    lost: whether the watch of something that decides came to its end, which was told.
    """

    standing: Standing
    age: str
    why: str = ""
    lost: bool = False


def until_settled(
    changes: Iterator[Changes],
    look: Callable[[Changes], Standing],
    meter: Meter,
    typed: float,
    over: Callable[[], str] = lambda: "",
) -> Waited:
    """Look at each batch of changes until nothing is waited for, `typed` seconds are over, or `over` tells why.

    As with kubectl wait, 0 means one look, and less than 0 a week. Raises KubeError where a watch is lost.
    """
    patience = typed if typed >= 0 else _WEEK
    began, away, lost = now(), "", False
    standing: Standing | None = None
    for change in changes:
        told = dict.fromkeys((*change.lost, *change.outage))
        if told:
            with meter.aside():
                for sentence in told:
                    say(sentence, file=sys.stderr, flush=True)
        lost = lost or bool(change.lost)
        if change.outage:
            away = "" if change.current else change.outage[-1]
        if change.current:
            standing, away = look(change), ""
        seconds = now() - began
        age = human(timedelta(seconds=seconds))
        if change.current and standing is not None and standing.settled:
            return Waited(standing=standing, age=age, lost=lost)
        if standing is not None:
            meter.show(standing, seconds)
        if why := over():
            return Waited(standing=standing or Standing(pods=0), age=age, why=why, lost=lost)
        if seconds >= patience and (standing is not None or away or seconds >= _ANSWER):
            return Waited(standing=standing or Standing(pods=0), age=age, why=_why(patience, standing, away), lost=lost)
    raise AssertionError("it is followed without end")


def _why(patience: float, standing: Standing | None, away: str) -> str:
    over = timed_out(patience)
    if away or standing is None:
        cause = away or "the server has not answered"
        return f"{over}, and {cause}" + ("; before that" if standing is not None else "")
    return over


def timed_out(patience: float) -> str:
    """That the time is over, as a part of a sentence."""
    return f"timed out after {human(timedelta(seconds=patience))}"


def followed(client: Client, snapshot: Snapshot, watched: Callable[[Snapshot], Iterable[Ask]]) -> Iterator[Changes]:
    """`follow`, again and again: `--request-timeout` is for each request, and ends no wait."""
    while True:
        yield from follow(client, snapshot, watched, subjects=[PODS])


def read_instead(changes: Changes, *, every: int) -> Changes:
    """What may not be watched is Unknown to the watch: that it is read anew, every so many seconds, is what is told."""
    how = f"it is read anew every {every} seconds instead"
    return replace(changes, lost=[shown(sentence.split("\n")[0], f"; {how}") for sentence in changes.lost])
