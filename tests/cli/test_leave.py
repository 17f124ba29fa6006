"""The end of the process: nothing that was printed is lost, and what has to be tidied up is."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PROGRAM = [sys.executable, "-m", "kubectl_ambient"]
# What is printed waits in a buffer until the end, as it does for everybody but those who set this.
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def test_what_still_waits_in_a_buffer_is_printed() -> None:
    done = subprocess.run([*PROGRAM, "--version"], capture_output=True, text=True, check=True, env=BUFFERED)
    assert done.stdout.startswith("kubectl-ambient ")


def test_what_is_printed_into_a_pipe_arrives_whole() -> None:
    words = ["status", "-A", "-f", str(EXAMPLES)]
    done = subprocess.run([*PROGRAM, *words, "-o", "json"], capture_output=True, check=True, env=BUFFERED)
    assert done.stdout.rstrip().endswith(b"}")
    assert len(done.stdout) > 8192  # more than one buffer


@pytest.mark.parametrize(
    ("words", "code"),
    [(["--version"], 0), (["explain", "pod", "x", "-f", str(EXAMPLES)], 1), (["status", "--foo"], 2), (["--help"], 0)],
)
def test_the_exit_code_is_that_of_the_command(words: list[str], code: int) -> None:
    done = subprocess.run([*PROGRAM, *words], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def run_into(stdout: int) -> subprocess.CompletedProcess[str]:
    words = [*PROGRAM, "--version"]
    return subprocess.run(words, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, env=BUFFERED)


def test_a_reader_that_has_gone_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = run_into(writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_told() -> None:
    with Path("/dev/full").open("w") as full:
        done = run_into(full.fileno())
    assert (done.returncode, done.stderr) == (1, "error: write stdout: no space left on device\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_disk_that_fills_up_meanwhile_is_told() -> None:
    words = [*PROGRAM, "status", "-A", "-o", "json", "-f", str(EXAMPLES)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=BUFFERED)
    assert (done.returncode, done.stderr) == (1, "error: write stdout: no space left on device\n")


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell closes it")
def test_a_closed_stdout_is_no_bug() -> None:
    words = shlex.join([*PROGRAM, "status", "-A", "-f", str(EXAMPLES)])
    done = subprocess.run(["sh", "-c", f"{words} >&-"], stderr=subprocess.PIPE, text=True, check=False)
    assert "bug" not in done.stderr
    assert done.returncode == 0


def test_what_others_want_done_at_the_end_is_done(tmp_path: Path) -> None:
    """The kubernetes package removes its temporary files so."""
    code = (
        "import atexit, pathlib, sys; from kubectl_ambient.__main__ import main;"
        "atexit.register(pathlib.Path(sys.argv.pop()).touch); main()"
    )
    done = subprocess.run([sys.executable, "-c", code, "--version", str(tmp_path / "done")], check=False)
    assert done.returncode == 0
    assert (tmp_path / "done").exists()
