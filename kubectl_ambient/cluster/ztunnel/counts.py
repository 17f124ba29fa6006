"""How many pods a ztunnel has, by its own metrics: less than a dump tells, for a lesser right."""

from __future__ import annotations

import re

from kubectl_ambient.cluster.facts import Fact

_ACTIVE, _PENDING = "workload_manager_active_proxy_count", "workload_manager_pending_proxy_count"
_LINE = re.compile(r"^(\w+)(?:\{[^}]*\})? ([0-9.eE+]+)$", re.MULTILINE)


class Counts(Fact, frozen=True):
    """active: the pods for which it listens; pending: those for which it cannot. None where it does not say.

    Up to 1.24 ztunnel leaves a count out until it was first set [src/inpod/metrics.rs].
    """

    active: int | None = None
    pending: int | None = None


def counts_in(text: str) -> Counts:
    """The two counts of a page of metrics; the first line of a name counts."""
    found: dict[str, int] = {}
    for name, value in _LINE.findall(text):
        if name in (_ACTIVE, _PENDING):
            found.setdefault(name, int(float(value)))
    return Counts(active=found.get(_ACTIVE), pending=found.get(_PENDING))
