"""How foreign text is shown: in one line, with all that could not be seen written out.

Names, values, messages, files and servers' words are foreign: they may hold line ends, escape sequences and marks that
nobody sees. They stay as they are in facts and documents; to be printed they become `Shown`. Only what stands in a
`Shown` has line ends and colours: a plain str that reaches the screen is taken for foreign.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# What Python calls printable, and prints nothing all the same: fillers, blanks, joiners, variation selectors.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U00016fe4\U0001d159\U000e0100-\U000e01ef]"
)
_STYLE = "\ufe0e\ufe0f"  # ask for ❤ in black or in colour; behind anything but a symbol they say nothing
_MOST_MARKS = 4  # on one letter: Hebrew and Vietnamese need as many, more of them run into other lines
_SHORT = {"\n": r"\n", "\t": r"\t", "\r": r"\r"}


class Shown(str):
    """Text that is fit to be printed as it is: its line ends and colours are ours."""

    __slots__ = ()


def one_line(text: str) -> str:
    """The text in one line, with what could not be seen written out: `\\n`, `\\x1b`, `\\u202e`, `\\U000e0041`."""
    if text.isascii() and text.isprintable():
        return text
    from unicodedata import category

    shown: list[str] = []
    marks, before = _MOST_MARKS, ""  # a mark with no letter before it would sit on one of ours
    for c in text:
        if is_unseen(c) and not (c in _STYLE and before == "So"):
            shown.append(_written_out(c))
            marks, before = _MOST_MARKS, ""
            continue
        before = category(c)
        marks = marks + 1 if before in ("Mn", "Me") else 0
        shown.append(_written_out(c) if marks > _MOST_MARKS else c)
    return "".join(shown)


def without_middle(text: str, most: int = 300) -> str:
    """The text, of a longer one its beginning and its end: of a chain of errors the last is the cause."""
    if len(text) <= most:
        return text
    end = most * 2 // 3
    first, last = text[: most - end - 3], text[-end:]
    # Between words, as far as these are of a usual length.
    head, tail = first.rpartition(" ")[0], last.partition(" ")[2]
    return f"{(head or first).rstrip()} … {(tail or last).lstrip()}"


def is_unseen(character: str) -> bool:
    """Whether a character moves the cursor, turns or hides text, is none at all, or leaves nothing to be seen."""
    return not character.isprintable() or _BLANK.match(character) is not None


def _written_out(c: str) -> str:
    number = ord(c)
    return _SHORT.get(c) or (
        f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
    )


def shown(*parts: str) -> Shown:
    """The parts beside one another; what is not Shown already is foreign, and becomes one line."""
    found = [part if isinstance(part, Shown) else Shown(one_line(part)) for part in parts]
    return found[0] if len(found) == 1 else Shown("".join(found))


def stacked(parts: Iterable[str], between: str = "\n") -> Shown:
    """The parts below one another, with a line end of ours between each two."""
    return Shown(between.join(map(shown, parts)))
