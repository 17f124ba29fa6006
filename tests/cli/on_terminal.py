"""Runs the plugin on a pseudo-terminal, and tells what stands on the screen at the end."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

_PARTS = re.compile(r"\033\[([0-9;?]*)([A-Za-z])|\r|\n|[^\033\r\n]+")


@dataclass(frozen=True)
class Ran:
    """How a run ended, all that it wrote to the terminal, and what stands there then, line by line."""

    code: int
    written: str
    screen: list[str]


def on_terminal(
    words: Sequence[str],
    env: Mapping[str, str],
    *,
    columns: int = 80,
    stdout: Path | None = None,
    program: Sequence[str] = (sys.executable, "-m", "kubectl_ambient"),
) -> Ran:
    """Run `kubectl-ambient WORDS` with stderr, and stdout unless it is a file, on a terminal of so many columns."""
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    with ExitStack() as files:
        process = subprocess.Popen(
            [*program, *words],
            stdin=subprocess.DEVNULL,
            stdout=files.enter_context(stdout.open("wb")) if stdout else terminal,
            stderr=terminal,
            env={**environment, "TERM": "xterm", **env},
        )
        os.close(terminal)
        written = _all_of(master)
        os.close(master)
        return Ran(process.wait(60), written, _screen(written, columns))


def _all_of(master: int) -> str:
    found = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # nobody has the other end any more
            part = b""
        if not part:
            return found.decode()
        found += part


def _screen(written: str, columns: int) -> list[str]:
    """As a terminal does it: lines that are too long are broken, and what is written stands over what was there."""
    lines, at = [""], 0
    for part in _PARTS.finditer(written):
        text = part[0]
        if text == "\r":
            at = 0
        elif text == "\n":
            lines.append("")
        elif part[2] == "K":
            lines[-1] = lines[-1][:at]
        elif part[2] is None:
            for character in text:
                if at == columns:
                    lines.append("")
                    at = 0
                lines[-1] = lines[-1].ljust(at)[:at] + character + lines[-1][at + 1 :]
                at += 1
    return lines
