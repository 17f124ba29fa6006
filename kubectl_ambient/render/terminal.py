"""What the screen can do: its width, and whether it wants colour."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, TextIO

from kubectl_ambient.foreign import Shown, shown

if TYPE_CHECKING:
    from kubectl_ambient.shell.aim import Aim
    from kubectl_ambient.shell.command import Command

_CODES = {"red": "31", "green": "32", "yellow": "33", "dim": "2", "bold": "1"}
_WIDEST = 200


def width(stream: TextIO | None = None) -> int:
    """The number of columns of the terminal; unlimited (10,000) where the stream is none."""
    if not _is_terminal(stream or sys.stdout):
        return 10_000
    return shutil.get_terminal_size().columns


def text_width(stream: TextIO | None = None) -> int:
    """The width to which sentences are wrapped: the terminal's, and 100 where there is none."""
    return min(width(stream), 100 if not _is_terminal(stream or sys.stdout) else _WIDEST)


def colours(stream: TextIO | None = None) -> bool:
    """Whether to use colour: on a terminal, unless NO_COLOR is set or TERM is dumb."""
    return _is_terminal(stream or sys.stdout) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()  # None where it was closed (>&-)


class Paint:
    """Colours words, or leaves them alone. Colour only repeats what the words say.

    `aim` leads a command to the cluster that the words are about; without one no command is told.
    """

    def __init__(self, on: bool, aim: Aim | None = None) -> None:
        self.on = on
        self._aim = aim

    def command(self, command: Command | None) -> str:
        """A command as it is to be typed; empty where there is none, or it cannot be typed here."""
        return (self._aim.text(command) if command and self._aim else None) or ""

    def __call__(self, text: str, colour: str) -> Shown:
        """The text in that colour (`red`, `green`, `yellow`, `dim`, `bold`); unknown names leave it plain."""
        code = _CODES.get(colour)
        return Shown(f"\033[{code}m{shown(text)}\033[0m") if self.on and code and text else shown(text)

    def within(self, text: Shown, words: str, colour: str, *, after: str = "") -> Shown:
        """The text with words of ours in that colour, those that come first behind what it begins with (`after`).

        Words that are broken over two lines are left plain.
        """
        start = text.find(words, len(shown(after)))
        if start < 0:
            return text
        return Shown(text[:start] + self(words, colour) + text[start + len(words) :])
