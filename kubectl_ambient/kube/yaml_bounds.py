"""How far one document may go, so that a few bytes cannot keep a reader busy for ever."""

from __future__ import annotations

DEEPEST = 200
"""Lists and objects in one another: no object of Kubernetes comes near, and all that is ours gets through it."""
LARGEST = 16 << 20
"""Bytes of one object; an API server takes 3 MiB."""
TOO_DEEP = "nested too deeply"
TOO_LARGE = f"one object of more than {LARGEST >> 20} MiB"
EXCESSIVE = "document contains excessive aliasing"
"""go-yaml's words, as kubectl prints them."""

_FEW = 1000
_MANY, _MOST = 400_000, 4_000_000  # between these the share that aliases may have falls from 99% to 10%


def is_excessive(aliased: int, total: int) -> bool:
    """Whether aliases stand for too much, as go-yaml judges it (its `allowedAliasRatio`).

    `total`: the nodes of a document with each alias replaced by all that it stands for; `aliased`: those of them
    that came from aliases.
    """
    if aliased <= 100 or total <= _FEW:
        return False
    allowed = 0.99 - 0.89 * (min(max(total, _MANY), _MOST) - _MANY) / (_MOST - _MANY)
    return aliased > allowed * total


def weight(text: str) -> int:
    """For how many nodes a scalar counts: a long text that is repeated by aliases is as bad as many short ones."""
    return 1 + (len(text) >> 10)
