"""Runs one command line as a person sees it, on a terminal of so many columns or into a pipe, and compares."""

from __future__ import annotations

import contextlib
import difflib
import io
import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest

SNAPSHOTS = Path(__file__).parent / "snapshots"
EXPECTED = Path(__file__).parent / "expected"
UPDATE = bool(os.environ.get("UPDATE_GOLDEN"))


@dataclass(frozen=True)
class Screen:
    """What a command printed, and how it ended."""

    out: str
    err: str
    code: int

    def __str__(self) -> str:
        parts = [self.out]
        if self.err:
            parts.append(f"--- stderr\n{self.err}")
        if self.code:
            parts.append(f"--- exit code {self.code}\n")
        return "".join(parts)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def run(line: str, *, columns: int = 0, colour: bool = False) -> Screen:
    """Run `status -A -f mesh.yaml` beside the snapshots; with `columns`, on a terminal."""
    from kubectl_ambient.cli import app

    out, err = (Terminal(), Terminal()) if columns else (io.StringIO(), io.StringIO())
    environment = {"COLUMNS": str(columns or 80), "LINES": "40", "TERM": "xterm", "NO_COLOR": "" if colour else "1"}
    with (
        mock.patch.dict(os.environ, environment),
        beside_the_snapshots(),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = app.run(["kubectl-ambient", *shlex.split(line)])
    return Screen(out.getvalue(), err.getvalue(), code)


@contextlib.contextmanager
def beside_the_snapshots() -> Iterator[None]:
    """With the snapshots as the current folder: their paths are printed, and no machine's."""
    before = Path.cwd()
    os.chdir(SNAPSHOTS)
    try:
        yield
    finally:
        os.chdir(before)


def compare(name: str, screen: Screen) -> None:
    """Hold a screen to its expectation, or accept it."""
    path, text = EXPECTED / f"{name}.txt", str(screen)
    if UPDATE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return
    expected = path.read_text(encoding="utf-8") if path.exists() else ""
    if text != expected:
        lines = difflib.unified_diff(
            expected.splitlines(), text.splitlines(), f"accepted ({path.name})", "printed now", lineterm="", n=2
        )
        told = "\n".join(lines) or "(they differ in the last line's end)"
        pytest.fail(f"{name} has changed; UPDATE_GOLDEN=1 accepts it:\n{told}", pytrace=False)


def expected(folder: str = "") -> set[str]:
    """The names of the screens that a folder holds."""
    return {path.relative_to(EXPECTED).with_suffix("").as_posix() for path in (EXPECTED / folder).glob("*.txt")}
