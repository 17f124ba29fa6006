"""Sentences with commands in them, in lines that fit: a command stays on one line, or half of it would be run."""

from __future__ import annotations

from kubectl_ambient.foreign import Shown, stacked
from kubectl_ambient.render.sentences import folded
from kubectl_ambient.shell.aim import Aim, parts_of
from kubectl_ambient.shell.command import Command, Sentence

# Stands for a space at which no line ends, while lines are made.
_GLUE = "\u237d"


def filled(mark: str, sentence: Sentence, width: int, aim: Aim) -> Shown:
    """The sentence behind its mark, words and commands left whole."""
    text = "".join(_glued(aim.part(part), isinstance(part, Command)) for part in parts_of(sentence))
    lines = folded(text, width, first=mark, rest=" " * len(mark))
    return stacked(line.replace(_GLUE, " ") for line in lines)


def _glued(text: str, whole: bool) -> str:
    text = text.replace(_GLUE, "\\u237d")
    return text.replace(" ", _GLUE) if whole else text
