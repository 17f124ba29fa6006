"""A real shell on a pseudo-terminal, with a person who types and presses TAB."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

TAB = "\t"
_LINE_START, _LINE_END = "\x01", "\x05"
_SECONDS = 30.0
_ESCAPES = re.compile(r"\x1b(\[[0-9;?<>=]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[()][A-Z0-9]|.)")


class Terminal:
    """Starts a shell, and types into it."""

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self._master, follower = pty.openpty()
        self._shell = subprocess.Popen(
            command,
            stdin=follower,
            stdout=follower,
            stderr=follower,
            cwd=folder,
            env={**environment, "TERM": "xterm", "COLUMNS": "200", "LINES": "50"},
            start_new_session=True,
            preexec_fn=_take_terminal,  # fish insists on a terminal of its own
        )
        os.close(follower)
        self._count = 0

    def run(self, line: str) -> None:
        """Type a line with Return, and wait until it is done."""
        self._count += 1
        # In two parts, so that the typing of it does not look like its output.
        self._type(f"{line}\recho do''ne-{self._count}\r")
        self._read_until(re.escape(f"done-{self._count}") + "\r?\n")

    def complete(self, typed: str) -> list[str]:
        """The words of the line after `typed` and TAB; a word `X` is typed after that, and glued where no space is."""
        return self._finish(typed + TAB + "X")[1]

    def listed(self, typed: str) -> str:
        """What is on the screen after `typed` and two TABs."""
        return self._finish(typed + TAB + TAB)[0]

    def _finish(self, keys: str) -> tuple[str, list[str]]:
        self._type(f"{keys}{_LINE_START}shown {_LINE_END}\r")
        seen = self._read_until(r"[\r\n](\[.*\])\r?\n")
        return seen, seen.split("\n")[-2].strip("\r[]").split("][")

    def close(self) -> None:
        """End the shell."""
        self._shell.kill()
        self._shell.wait(_SECONDS)
        os.close(self._master)

    def _type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def _read_until(self, wanted: str) -> str:
        """Everything up to the first match of a pattern."""
        seen = ""
        end = time.monotonic() + _SECONDS
        while not (found := re.search(wanted, seen)):
            ready, _, _ = select.select([self._master], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise AssertionError(f"never saw {wanted!r} in {seen!r}")
            seen += _ESCAPES.sub("", os.read(self._master, 65536).decode(errors="replace"))
        return seen[: found.end()]


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
