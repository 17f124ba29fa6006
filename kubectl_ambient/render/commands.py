"""Commands for the user to copy: typed without the flags of this run, they may mean another cluster."""

from __future__ import annotations

import re

# A command reaches to the end of its sentence, or to what a shell or a reader takes for its end.
_COMMAND = re.compile(r"(?<![“\w-])kubectl (?:'[^']*'|[^;|&()'“”\n])*(?<![\s.])")


def aimed(text: str, flags: str) -> str:
    """The text with the flags (` --context prod`) behind each kubectl command in it; those in “quotes” are left."""
    return _COMMAND.sub(lambda found: found[0] + flags, text) if flags else text
