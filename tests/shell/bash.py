"""Runs lines in bash, with programs on its PATH that do nothing but write down their words."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

PROGRAMS = ("kubectl", "istioctl", "grep")
_STUB = """#!{shell}
{{ printf '%s\\0' "${{0##*/}}" "$@"; printf '\\1\\0'; }} >>"$RECORD"
"""
# Each line is a command of its own, as if it were pasted; what is not on the PATH is written down too.
_RUN = """
command_not_found_handle() { printf '%s\\0' "NOT FOUND" "$@" >>"$RECORD"; printf '\\1\\0' >>"$RECORD"; return 127; }
shopt -s expand_aliases
while IFS= read -r -d '' line <&3; do
  printf 'LINE\\0\\1\\0' >>"$RECORD"
  eval "$line" </dev/null || :
done 3<"$LINES"
printf 'LINE\\0\\1\\0' >>"$RECORD"
"""


class Bash:
    """A folder with the programs, and an empty one in which the lines run."""

    def __init__(self, folder: Path) -> None:
        self._programs, self.home, self._folder = folder / "bin", folder / "home", folder
        self._programs.mkdir(parents=True, exist_ok=True)
        self.home.mkdir(exist_ok=True)
        for name in PROGRAMS:
            (self._programs / name).write_text(_STUB.format(shell="/bin/bash"))
            (self._programs / name).chmod(0o755)

    def run(self, lines: Sequence[str]) -> list[list[list[str]]]:
        """For each line the words of each program that ran, in bash alone; nothing else may have come of it."""
        record, given = self._folder / "record", self._folder / "lines"
        record.write_bytes(b"")
        given.write_bytes(b"".join(f"{line}\0".encode() for line in lines))
        env = {"PATH": str(self._programs), "RECORD": str(record), "LINES": str(given), "HOME": str(self.home)}
        done = subprocess.run(
            ["/bin/bash", "--norc", "-c", _RUN], cwd=self.home, env=env, capture_output=True, timeout=120, check=True
        )
        assert done.stderr == b"", done.stderr.decode()
        assert list(self.home.iterdir()) == [], "a command wrote a file"
        calls = record.read_bytes().split(b"\0\1\0")
        found: list[list[list[str]]] = []
        for call in calls[:-1]:
            words = [os.fsdecode(word) for word in call.split(b"\0")]
            if words == ["LINE"]:
                found.append([])
            else:
                found[-1].append(words)
        assert len(found) == len(lines) + 1
        return found[:-1]
