"""The wait of a change of labels, whichever they are: the loop, its end by a signal, and how that is told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Generic

from kubectl_ambient.cluster.reading.watch import Changes
from kubectl_ambient.foreign import Shown
from kubectl_ambient.kube.errors import KubeError
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.settling import Standing
from kubectl_ambient.render.say import say
from kubectl_ambient.render.terminal import Paint, colours, text_width
from kubectl_ambient.render.waiting import all_arrived, given_up, not_told, so_far, stragglers
from kubectl_ambient.runs.change.apply import INTERRUPTED
from kubectl_ambient.runs.change.targets import E
from kubectl_ambient.runs.ending import Broken, Signals
from kubectl_ambient.runs.waiting.loop import Waited, until_settled
from kubectl_ambient.runs.waiting.meter import Meter
from kubectl_ambient.shell.aim import Aim

BETWEEN_READS = 2  # seconds between looks at what nobody needs the right to watch


class LabelWait(Generic[E]):
    """Follows what a run changes, by the same watches (`changes`) for all of its batches."""

    def __init__(self, changes: Iterator[Changes], patience: float, aim: Aim) -> None:
        self._changes = changes
        self._patience = patience
        self._aim = aim
        self._standing = Standing(pods=0)

    def settle(self, edits: Sequence[E], signals: Signals) -> bool:
        """Wait for what these edits reach, and tell how it ended; whether all is where it should be."""
        look = self._begin(edits)
        self._standing = Standing(pods=0)

        def noted(changes: Changes) -> Standing:
            self._standing = look(changes)
            return self._standing

        over = partial(_interrupted, signals)
        try:
            with Meter() as meter, signals.breaking():
                waited = until_settled(self._changes, noted, meter, self._patience, over)
        except KubeError as error:
            with suppress(Broken), signals.breaking(2):
                _say([str(error), *([error.hint] if error.hint else [])])
            return False
        except Broken:
            waited = Waited(standing=self._standing, age="", why=INTERRUPTED)
        with suppress(Broken), signals.breaking(2):
            self._tell(waited)
        return not (waited.why or waited.standing.lost or self._is_unsure(waited))

    def _begin(self, edits: Sequence[E]) -> Callable[[Changes], Standing]:
        """What looks at each batch of changes for these edits."""
        raise NotImplementedError

    def _judge(self) -> Judge | None:
        """Who knows the agents of nodes; None where nothing that is waited for has a node."""
        return None

    def _restarts(self, standing: Standing, width: int) -> Iterable[Shown]:
        """What only a restart moves."""
        return ()

    def _is_unsure(self, waited: Waited) -> bool:
        """Whether something that decides could be watched no more, and was not read either."""
        return waited.lost and bool(waited.standing.unknown)

    def _tell(self, waited: Waited) -> None:
        """How it ended, and what was not waited for."""
        standing, width, judge = waited.standing, text_width(sys.stderr), self._judge()
        told = partial(stragglers, judge=judge, width=width, paint=Paint(colours(sys.stderr)), aim=self._aim)
        if waited.why == INTERRUPTED:
            _say([f"{INTERRUPTED}: {so_far(standing)}"])
        elif waited.why:
            _say([given_up(standing, waited.why), told(standing.waits_for)])
        elif self._is_unsure(waited):
            _say(["error: not all that decides can be watched: whether all is where it should be is not known"])
        elif not standing.lost:
            _say([all_arrived(standing, waited.age)])
        if waited.why != INTERRUPTED:
            if standing.lost:
                _say(["error: not all came to be as it was asked for", told(standing.lost)])
            _say(self._restarts(standing, width))
            _say(not_told(standing.unknown, width))


def _interrupted(signals: Signals) -> str:
    return INTERRUPTED if signals.count else ""


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        say(line, file=sys.stderr, flush=True)
