"""How many pods a ztunnel has, by its own metrics: less than a dump tells, for a lesser right."""

from __future__ import annotations

import re

from kubectl_ambient.cluster.facts import Fact

_ACTIVE = "workload_manager_active_proxy_count"
_LINE = re.compile(r"^(\w+)(?:\{[^}]*\})? ([0-9]{1,9})(?:\.0+)?$", re.MULTILINE)


class Counts(Fact, frozen=True):
    """active: the pods for which it listens; None where it does not say.

    Up to 1.24 ztunnel leaves the count out until it was first set [src/inpod/metrics.rs].
    """

    active: int | None = None


def counts_in(text: str) -> Counts:
    """The count of a page of metrics; the first line of its name counts."""
    found = (int(value) for name, value in _LINE.findall(text) if name == _ACTIVE)
    return Counts(active=next(found, None))
