"""Sentences with commands in them, in lines that fit: a command stays on one line, or half of it would be run."""

from __future__ import annotations

import textwrap

from kubectl_ambient.shell.aim import Aim, parts_of
from kubectl_ambient.shell.command import Command, Sentence

# Stands for a space at which no line ends, while lines are made.
_GLUE = "\ue000"


def filled(mark: str, sentence: Sentence, width: int, aim: Aim) -> str:
    """The sentence behind its mark, words and commands left whole."""
    text = "".join(_glued(aim.part(part), isinstance(part, Command)) for part in parts_of(sentence))
    lines = textwrap.fill(
        text,
        width=width,
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines.replace(_GLUE, " ")


def _glued(text: str, whole: bool) -> str:
    text = text.replace(_GLUE, "\\ue000")
    return text.replace(" ", _GLUE) if whole else text
