"""A command to paste. There is none with a word that Kubernetes cannot mean: then there is `Unfit`, which says why."""

from __future__ import annotations

import re
from typing import TypeAlias

from msgspec import Struct, structs

from kubectl_ambient.shell.words import Patch, Word, no_valid

_OURS = re.compile(r"[A-Za-z0-9./=_-]+")


class Command(Struct, frozen=True, gc=False):
    """A program and its words; made by `kubectl`, `istioctl` and `remark` alone.

    lines_with: of what it prints only the lines that hold this. then: what to run after it, where it went well.
    """

    words: tuple[str | Patch, ...]
    lines_with: str = ""
    then: Command | None = None


class Unfit(Struct, frozen=True, gc=False):
    """No command, and why there is none: `“a b” is no valid name`."""

    why: str


Offer: TypeAlias = Command | Unfit
Part: TypeAlias = str | Command | Unfit
Sentence: TypeAlias = str | tuple[Part, ...]
"""What is told to a person: a text, or texts and the commands between them."""


def kubectl(*words: str | Word) -> Offer:
    """`kubectl` and its words: a text is ours and may hold several, what comes from an object is a `Word`."""
    return _made("kubectl", words)


def istioctl(*words: str | Word) -> Offer:
    """The same for `istioctl`."""
    return _made("istioctl", words)


def remark(*words: str | Word) -> Offer:
    """What to do where no command does it: to a shell, a comment."""
    return _made("#", words)


def _made(program: str, words: tuple[str | Word, ...]) -> Offer:
    found: list[str | Patch] = [program]
    for word in words:
        if isinstance(word, Word):
            if word.wrong:
                return Unfit(word.wrong)
            found.append(word.text)
            continue
        # Ours, as the linter sees to it: where something else came here, it must not pass for that.
        for part in word.split(" "):
            if not _OURS.fullmatch(part):
                return Unfit(no_valid(part, "word"))
            found.append(part)
    return Command(tuple(found))


def lines_with(offer: Offer, word: Word) -> Offer:
    """Of what a command prints, only the lines with this word (`| grep web-1`)."""
    if isinstance(offer, Unfit):
        return offer
    if word.wrong or not isinstance(word.text, str):
        return Unfit(word.wrong)
    return structs.replace(offer, lines_with=word.text)


def chain(first: Offer, *rest: Offer) -> Offer:
    """One after the other, each where that before it went well (`&&`); none where one of them is none."""
    if isinstance(first, Unfit) or not rest:
        return first
    then = chain(*rest)
    return then if isinstance(then, Unfit) else structs.replace(first, then=then)


def offered(offer: Offer | None) -> Command | None:
    """The command, where there is one."""
    return offer if isinstance(offer, Command) else None


def joined(*pieces: Sentence | Command | Unfit) -> Sentence:
    """One sentence of several pieces."""
    parts: list[Part] = []
    for piece in pieces:
        parts += piece if isinstance(piece, tuple) else [piece]
    texts = [part for part in parts if isinstance(part, str)]
    return "".join(texts) if len(texts) == len(parts) else tuple(parts)
