"""Sentences on the screen: findings, and the notes below a table on what is marked in it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from kubectl_ambient.mesh.evidence import Finding
from kubectl_ambient.render.terminal import Paint

MARK = "‼"
_SEVERITIES = ("error", "warning", "info")
_MOST_NOTES = 20


def wrapped(text: str, width: int) -> str:
    """The text in lines that fit, words left whole."""
    return textwrap.fill(text, max(width, 40), break_long_words=False, break_on_hyphens=False)


def sentence(finding: Finding) -> str:
    """The message of a finding as a sentence."""
    return f"{finding.message[:1].upper()}{finding.message[1:]}."


def gravest_first(findings: Iterable[Finding]) -> list[Finding]:
    """The findings by their severity."""
    return sorted(findings, key=lambda finding: _SEVERITIES.index(finding.severity))


def note(names: Sequence[str], why: str, width: int, paint: Paint) -> str:
    """Why something is marked, below its name or theirs."""
    lines = textwrap.wrap(
        why,
        max(width - 4, 20),
        initial_indent="  ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join([*(f"{paint(MARK, 'red')} {name}" for name in names), *lines])


def notes_text(notes: Sequence[str]) -> str:
    """The notes, below one another; of many the first 20, and how many there are besides."""
    more = len(notes) - _MOST_NOTES
    rest = [f"… and {more} more: -o json lists them all"] if more > 0 else []
    return "\n".join([*notes[:_MOST_NOTES], *rest])
