"""The help of the whole program is written down; it is what Typer would print, and asks for no more than that."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from kubectl_ambient.help_page import PAGE
from tests.cli.on_terminal import on_terminal
from tests.cli.test_startup import modules_of

MAIN = "from kubectl_ambient.__main__ import main; main()"
TYPER = "from kubectl_ambient.cli.app import run; sys.exit(run(sys.argv))"


def printed(program: str, name: str, columns: str = "") -> str:
    """What `--help` prints under a name; COLUMNS is not set where it is empty."""
    plain = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    environ = plain | ({"COLUMNS": columns} if columns else {})
    command = [sys.executable, "-c", f"import sys; sys.argv[0] = {name!r}; {program}", "--help"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_nothing_is_imported_for_it(flag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    _, found = modules_of(flag)
    known = {"__main__", "help_page", "render", "render.streams", "runs", "runs.ending"}
    assert {name for name in found if name.startswith("kubectl_ambient.")} <= {f"kubectl_ambient.{k}" for k in known}
    assert not {"typer", "re", "typing", "pathlib", "shutil"} & found


@pytest.mark.parametrize("columns", ["", "0", "80", "200", "many", "60", "79"])
def test_it_is_what_typer_prints(columns: str) -> None:
    found = printed(MAIN, "kubectl-ambient", columns)
    assert found == printed(TYPER, "kubectl-ambient", columns)
    assert (found == PAGE) == (columns not in ("60", "79"))


def test_under_another_name_it_tells_that_name() -> None:
    assert printed(MAIN, "other").startswith("Usage: other ")


@pytest.mark.parametrize("columns", [79, 80, 100])
def test_on_a_terminal_its_width_counts(columns: int) -> None:
    written = on_terminal(["--help"], {}, columns=columns).written.replace("\r\n", "\n")
    assert (written == PAGE) == (columns >= 80)
    assert written.split() == PAGE.split()
