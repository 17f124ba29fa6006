"""Draws a session of the lab for the README: what the plugin prints on a terminal, as it prints it.

python -m tests.rig.picture docs/session.svg
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from . import kubectl, lab, programs

COLUMNS = 80
COMMANDS = (
    "kubectl ambient status -n legacy",
    "kubectl ambient explain pod -l app=invoices -n legacy",
)
_THEME = TerminalTheme(
    (13, 17, 23),
    (201, 209, 217),
    [(72, 79, 88), (255, 123, 114), (86, 211, 100), (227, 179, 65)] + [(121, 192, 255)] * 4,
)
# rich's own asks the reader's browser for a font from elsewhere; a README's picture may not.
_FORMAT = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {terminal_width} {terminal_height}" role="img">
<title>A session of kubectl ambient</title>
<style>
.{unique_id}-matrix {{
  font: {char_height}px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  white-space: pre;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
<rect width="{terminal_width}" height="{terminal_height}" rx="8" fill="#0d1117"/>
<g transform="translate({terminal_x}, 8)" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def main(target: Path) -> int:
    """Run the session on the lab, and draw it."""
    if not lab.KUBECONFIG.exists():
        print("no lab: start it with `make lab`", file=sys.stderr)
        return 1
    console = Console(record=True, width=COLUMNS + 2, file=io.StringIO(), force_terminal=True, color_system="standard")
    for position, command in enumerate(COMMANDS):
        console.print(Text(("\n" if position else "") + f"$ {command}", style="bold"))
        console.print(Text.from_ansi(_printed(command.split()[1:])))
    console.print()
    svg = console.export_svg(theme=_THEME, code_format=_FORMAT, unique_id="session")
    svg = "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"
    target.write_text(svg, encoding="utf-8")
    print(f"{target}: {len(svg) // 1024} KB")
    return 0


def _printed(words: list[str]) -> str:
    """What a command of kubectl prints on a terminal, both streams, colours included."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    environ = {**kubectl.environ(lab.KUBECONFIG), "TERM": "xterm-256color"}
    environ = {key: value for key, value in environ.items() if key not in ("NO_COLOR", "COLUMNS")}
    command = [programs.program("kubectl"), *words]
    running = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ)
    os.close(theirs)
    read = bytearray()
    while True:
        try:
            part = os.read(ours, 1 << 16)
        except OSError:  # Linux' way to say that the last writer is gone
            break
        if not part:
            break
        read += part
    os.close(ours)
    running.wait()
    return re.sub(r"\r\n?", "\n", read.decode()).rstrip("\n")


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
