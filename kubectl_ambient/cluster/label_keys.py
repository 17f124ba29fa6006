"""Which label and annotation keys concern Istio, also where they are misspelt: only those are kept in facts."""

from __future__ import annotations

from functools import lru_cache

DOMAIN = "istio.io"
_WORDS = ("istio", "waypoint", "dataplane")
_SLIPS = 2  # a prefix that is further away from istio.io is somebody else's


@lru_cache(maxsize=4096)
def concerns_istio(key: str) -> bool:
    """Whether a key is Istio's, or looks as if it was meant to be: `istio.io/rev`, `istio-injection`, `isto.io/rev`."""
    text = squashed(key)
    return any(word in text for word in _WORDS) or is_domain(key.rpartition("/")[0])


def is_domain(prefix: str) -> bool:
    """Whether the prefix of a key is istio.io or a name below it, up to a slip of the finger."""
    last_two = ".".join(prefix.lower().strip(".").split(".")[-2:])
    return last_two == "istio" or (bool(last_two) and distance(last_two, DOMAIN) <= _SLIPS)


def squashed(key: str) -> str:
    """Letters and digits only, in lower case: `data-plane.Mode` is `dataplanemode`."""
    return "".join(c for c in key.lower() if c.isalnum())


def distance(one: str, other: str) -> int:
    """How many letters have to be put in, taken out, replaced or exchanged with the next one."""
    if one == other:
        return 0
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]
