"""Issue 10, number 10: each command with stdout and stderr closed, full, or without a reader."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = str(Path(__file__).resolve().parents[2] / "examples")
FULL = "error: write stdout: no space left on device\n"
COMMANDS = {
    "status": ("status", "-A", "-f", EXAMPLES),
    "status json": ("status", "-A", "-f", EXAMPLES, "-o", "json"),
    "explain": ("explain", "pod", "reports-0", "-n", "shop", "-f", EXAMPLES),
    "labels": ("labels",),
    "waypoint list": ("waypoint", "list", "-A", "-f", EXAMPLES),
    "waypoint status": ("waypoint", "status", "-A", "-f", EXAMPLES),
    "enable --local": ("enable", "--local", "-f", EXAMPLES, "--overwrite"),
    "version": ("version", "--client"),
    "completion": ("completion", "bash"),
    "help": ("--help",),
}
FAILING = {
    "wrong usage": (("status", "--foo"), 2),
    "not found": (("explain", "pod", "nope", "-n", "shop", "-f", EXAMPLES), 1),
}
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def run(words: tuple[str, ...], redirect: str = "") -> tuple[int, str, str]:
    """The exit code, and what came out on both streams, with redirections of the shell."""
    line = f"set -o pipefail; {shlex.join([sys.executable, '-m', 'kubectl_ambient', *words])} {redirect}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False, env=BUFFERED, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_issue_10_number_10_streams_of_a_command_that_reads(command: str) -> None:
    words = COMMANDS[command]
    code, out, err = run(words)
    assert code == 0
    assert run(words, ">&-") == (0, "", err)
    assert run(words, "2>&-") == (0, out, "")
    assert run(words, "<&- >&- 2>&-") == (0, "", "")
    full = run(words, ">/dev/full")
    assert (full[0], full[1]) == (1, "")
    assert full[2].endswith(FULL)
    assert "bug" not in full[2]
    assert run(words, "2>/dev/full") == (0, out, "")
    assert run(words, ">/dev/full 2>&1") == (1, "", "")
    # A reader that has gone is no error, even if it had gone before all was written.
    gone = run(words, "| true")
    assert gone[0] == 0
    assert "Traceback" not in gone[2]
    assert "bug" not in gone[2]
    assert run(words, "2>&1 >/dev/null | true")[0] == 0


@pytest.mark.parametrize("what", FAILING)
def test_the_exit_code_is_that_of_the_failure(what: str) -> None:
    words, code = FAILING[what]
    for redirect in (">&-", "2>&-", "<&- >&- 2>&-", ">/dev/full", "2>/dev/full", "| true", "2>&1 | true"):
        found = run(words, redirect)
        assert found[0] == code, redirect
        assert "bug" not in found[2]
        assert "Traceback" not in found[2]
