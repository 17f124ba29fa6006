"""Names in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

MOST = 3


def few(names: Sequence[str], most: int = MOST) -> str:
    """`n1, n2, n3 and 5 more`; all of them where they are no more than `most`."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
