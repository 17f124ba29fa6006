"""Where the account of a change goes: to stdout and stderr, and where one of them is gone, to the other."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TextIO

from kubectl_ambient.foreign import shown, stacked
from kubectl_ambient.render.say import say
from kubectl_ambient.render.streams import OutputLost, give_up, is_lost
from kubectl_ambient.runs.ending import Broken, Signals


class Outlets:
    """Tells lines, each at once, and raises nothing.

    error: why stdout took no more; None where it did, where it was closed from the first, or its reader has gone.
    """

    def __init__(self, output: str, signals: Signals) -> None:
        self.error: OutputLost | None = None
        self.broke = False  # whether stdout was lost on the way
        self._output = output
        self._signals = signals
        self._out = not is_lost(sys.stdout)
        self._err = True

    @property
    def has_out(self) -> bool:
        """Whether stdout takes what is told."""
        return self._out

    @property
    def all_gone(self) -> bool:
        """Whether nobody can be told anything."""
        return not self._out and not self._has_err()

    def data(self, text: str) -> bool:
        """What belongs on stdout; whether it could be told, there or on stderr."""
        return self._on_out(text) or self._on_err(text)

    def document(self, text: str) -> bool:
        """What can stand on stdout only, since it is for a program; whether it arrived."""
        return self._on_out(text)

    def remarks(self, lines: Iterable[str]) -> None:
        """What belongs on stderr. On stdout it would be no JSON, and in YAML it is a comment."""
        for line in lines:
            if self._on_err(line) or self._output == "json":
                continue
            self._on_out(_comment(line) if self._output == "yaml" else line)

    def _has_err(self) -> bool:
        return self._err and not is_lost(sys.stderr)

    def _on_out(self, text: str) -> bool:
        if not self._out:
            return False
        try:
            self._put(text, sys.stdout)
        except OutputLost as lost:
            self.error = None if lost.reader_gone else lost
        except (OSError, ValueError, Broken):
            pass
        else:
            return True
        self._out, self.broke = False, True
        give_up(sys.stdout)
        return False

    def _on_err(self, text: str) -> bool:
        if not self._has_err():
            return False
        try:
            self._put(text, sys.stderr)
        except (OSError, ValueError, Broken):
            self._err = False
        return self._has_err()

    def _put(self, text: str, stream: TextIO) -> None:
        """A second signal breaks off the waiting for a reader who does not read."""
        with self._signals.breaking(2):
            say(text, file=stream, flush=True)


def _comment(line: str) -> str:
    """A remark, each of its lines, as YAML's comments."""
    return stacked(shown("# ", part) for part in shown(line).split("\n"))
