"""Sentences on the screen: findings, and the notes below a table on what is marked in it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

from kubectl_ambient.foreign import Shown, one_line, shown, stacked
from kubectl_ambient.mesh.evidence import Finding
from kubectl_ambient.render.terminal import Paint
from kubectl_ambient.shell.command import Command

MARK = "‼"
_SEVERITIES = ("error", "warning", "info")
_MOST_NOTES = 20
_MOST_COMMANDS = 3
_LIKE_OURS = re.compile(r"[‼✖✔→·?~]|(?:error|warning|assumed|undo|what to do|error from .*):", re.IGNORECASE)
_FOREIGN_COMMAND = re.compile(r"(?<=\S) +(?=(?:kubectl|istioctl)(?: |$))")  # ours has other spaces by now: commands.py
_GLUE = "\0"  # a space that ends no line; one_line leaves none


def folded(text: str, width: int, *, first: str = "", rest: str = "") -> list[str]:
    """The text in lines that fit, words left whole; `first` stands before the first line, `rest` before the others.

    Foreign words must not look like ours by their length: a line that goes on with what could begin one of ours is
    indented, and none goes on with a command. A command of ours may (`filled`).
    """
    lines = textwrap.wrap(
        _FOREIGN_COMMAND.sub(_GLUE, one_line(text)),
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    lines = [line.replace(_GLUE, " ") for line in lines]
    return [*lines[:1], *(f"  {line}" if _LIKE_OURS.match(line) else line for line in lines[1:])]


def wrapped(text: str, width: int) -> Shown:
    """The text in lines that fit, below one another."""
    return stacked(folded(text, max(width, 40)))


def sentence(finding: Finding) -> str:
    """The message of a finding as a sentence."""
    return f"{finding.message[:1].upper()}{finding.message[1:]}."


def gravest_first(findings: Iterable[Finding]) -> list[Finding]:
    """The findings by their severity."""
    return sorted(findings, key=lambda finding: _SEVERITIES.index(finding.severity))


def note(names: Sequence[str], why: str, width: int, paint: Paint, fixes: Iterable[Command | None] = ()) -> Shown:
    """Why something is marked, below its name or theirs, and the commands that mend it; of many the first few."""
    told = folded(why, max(width - 4, 20), first="  ", rest="  ")
    commands = list(dict.fromkeys(filter(None, map(paint.command, fixes))))
    told += [shown("  → ", command) for command in commands[:_MOST_COMMANDS]]
    more = len(commands) - _MOST_COMMANDS
    told += [f"  → and {more} more like these: -o json has them"] if more > 0 else []
    return stacked([*(shown(paint(MARK, "red"), " ", name) for name in names), *told])


def notes_text(notes: Sequence[str]) -> Shown:
    """The notes, below one another; of many the first 20, and how many there are besides."""
    more = len(notes) - _MOST_NOTES
    rest = [f"… and {more} more: -o json lists them all"] if more > 0 else []
    return stacked([*notes[:_MOST_NOTES], *rest])


def paragraphs(parts: Iterable[str]) -> Shown:
    """The parts that are not empty, with an empty line between each two."""
    return stacked((part for part in parts if part), "\n\n")
