"""Commands and sentences as text, for tests that compare them: in a Unix shell, without flags."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_ambient.shell.aim import Aim
from kubectl_ambient.shell.command import Command, Offer, Sentence

AIM = Aim()


def line(command: Command | None) -> str | None:
    """The line of a command; None where there is none."""
    return AIM.text(command) if command is not None else None


def lines(commands: Iterable[Offer]) -> str:
    """Each on a line of its own."""
    return "\n".join(map(AIM.say, commands))


def said(sentence: Sentence) -> str:
    """A sentence with its commands."""
    return AIM.say(sentence)
