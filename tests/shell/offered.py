"""Finds the commands that a run of the program offers, and what each was meant to be."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import yaml

from kubectl_ambient.cli.app import run
from kubectl_ambient.shell.aim import Aim
from kubectl_ambient.shell.command import Command

_TEXT = Aim._text


class Offered(NamedTuple):
    """A line to paste, and the words of each program that it is to run."""

    line: str
    words: list[list[str]]


class Recorder:
    """Keeps every command that became text, beside what the program printed."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.commands: dict[str, Offered] = {}
        recorder = self

        def text(aim: Aim, command: Command) -> str:
            line = _TEXT(aim, command)
            recorder.commands[line] = Offered(line, list(meant(aim, command)))
            return line

        patch.setattr(Aim, "_text", text)

    def run(self, *words: str) -> tuple[str, str]:
        """What the program prints on stdout and stderr. It must not fail as a bug of its own."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            run(["kubectl-ambient", *words])
        assert "a bug in kubectl-ambient" not in err.getvalue(), (words, err.getvalue())
        return out.getvalue(), err.getvalue()


def meant(aim: Aim, command: Command) -> Iterator[list[str]]:
    """The words of each program, in the order in which they run."""
    if command.words[0] != "#":
        yield list(aim._words(command))
    if command.lines_with:
        search = ["grep"] if aim.shell == "posix" else ["Select-String", "-SimpleMatch"]
        yield [*search, command.lines_with]
    if command.then:
        yield from meant(aim, command.then)


def in_document(text: str, output: str) -> Iterator[str]:
    """The commands of a JSON or YAML document."""
    document = json.loads(text) if output == "json" else yaml.safe_load(text)
    yield from _in(document)


def _in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            if key in ("fix", "command") and isinstance(part, str):
                yield part
            else:
                yield from _in(part)
    elif isinstance(value, list):
        for part in value:
            yield from _in(part)


_MARKED = re.compile(r"\s*(?:→|undo:|Why:|‼ to take out:) ((?:kubectl|istioctl) .*)")
_LISTED = re.compile(r"  (?:[0-9]+\. )?((?:kubectl|istioctl|#) .*)")
_BELOW_A_MISTAKE = re.compile(r"    ((?:kubectl|istioctl) .*)")


def in_text(text: str) -> Iterator[str]:
    """The commands that stand on a line of their own: behind their marks, below `What to do:` and below a mistake."""
    to_do, before = False, ""
    for line in text.split("\n"):
        to_do = line == "What to do:" or (to_do and line != "")
        found = _MARKED.fullmatch(line) or (_LISTED.fullmatch(line) if to_do else None)
        if found is None and before.endswith("]"):
            found = _BELOW_A_MISTAKE.fullmatch(line)
        if found:
            yield found[1]
        before = line
