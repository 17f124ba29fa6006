"""Names in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

_MOST = 3


def some(names: Sequence[str], most: int = _MOST) -> str:
    """`n1, n2, n3 and 5 more`; all of them where they are no more than `most`."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
