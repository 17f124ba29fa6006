"""Text that is sent: in UTF-8, and what a shell gave us in another encoding as it was typed."""

from __future__ import annotations


def utf8(text: str) -> bytes:
    """The bytes of a text; half a surrogate pair, which is no character, becomes `?`."""
    try:
        return text.encode("utf-8", errors="surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", errors="replace")
