"""Yes, no, and “cannot be told”: how answers are put together when some of what they need was not read."""

from __future__ import annotations

from collections.abc import Iterable

Answer = bool | None  # None: it cannot be told


def any_of(answers: Iterable[Answer]) -> Answer:
    """Yes if one is, else unknown if one is, else no."""
    unknown = False
    for answer in answers:
        if answer:
            return True
        unknown = unknown or answer is None
    return None if unknown else False


def all_of(answers: Iterable[Answer]) -> Answer:
    """No if one is, else unknown if one is, else yes."""
    return negated(any_of(negated(answer) for answer in answers))


def negated(answer: Answer) -> Answer:
    """The opposite; what cannot be told stays so."""
    return None if answer is None else not answer
