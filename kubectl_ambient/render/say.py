"""Printing for the eye: what a stranger wrote into an object must not drive the terminal."""

from __future__ import annotations

import re
from typing import TextIO

from kubectl_ambient.render.terminal import colours

# Control characters, those that turn the direction of text, and those that nobody sees.
UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_OWN_COLOUR = re.compile(r"(\033\[(?:0|1|2|31|32|33)m)")


def say(text: str = "", *, file: TextIO | None = None, flush: bool = False) -> None:
    """Print to stdout or to `file`; what could not be seen is written out (`\\x1b`), tabs and line ends are kept."""
    if UNSEEN.search(text):
        parts = _OWN_COLOUR.split(text) if colours(file) else [text]
        text = "".join(part if n % 2 else visible(part) for n, part in enumerate(parts))
    print(text, file=file, flush=flush)


def visible(text: str) -> str:
    """The text with all that could not be seen written out."""
    return UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
