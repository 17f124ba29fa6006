"""How many pods a ztunnel has, by its own metrics: less than a dump tells, for a lesser right."""

from __future__ import annotations

import re

from kubectl_ambient.cluster.facts import Fact

_ACTIVE = "workload_manager_active_proxy_count"
_CONNECTED = "ztunnel_connected"
_PENDING = re.compile(r'not ready, pending: ([^"\n]+)')
_LINE = re.compile(r"^(\w+)(?:\{[^}]*\})? ([0-9]{1,9})(?:\.0+)?$", re.MULTILINE)


class Counts(Fact, frozen=True):
    """active: the pods for which it listens; None where it does not say.

    Up to 1.24 ztunnel leaves the count out until it was first set [src/inpod/metrics.rs]. waits_for: the tasks that it
    names while it is not ready [src/readiness.rs]. connected: how many ztunnels the istio-cni of its node is connected
    to, None where that does not say.
    """

    active: int | None = None
    waits_for: tuple[str, ...] = ()
    connected: int | None = None


def counts_in(text: str) -> Counts:
    """The count of a page of metrics; the first line of its name counts."""
    return Counts(active=_first(text, _ACTIVE))


def connections_in(text: str) -> int | None:
    """How many ztunnels an istio-cni is connected to; None where this is no page of metrics.

    The gauge is absent until the first was [cni/pkg/nodeagent/ztunnelserver.go].
    """
    return (_first(text, _CONNECTED) or 0) if _LINE.search(text) else None


def tasks_in(text: str) -> tuple[str, ...]:
    """What `not ready, pending: state manager, workload proxy manager` names, in quotes or not."""
    found = _PENDING.search(text)
    return tuple(filter(None, (task.strip() for task in found[1].split(",")))) if found else ()


def _first(text: str, name: str) -> int | None:
    return next((int(value) for found, value in _LINE.findall(text) if found == name), None)
