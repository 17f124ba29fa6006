"""Pods that a ztunnel has although they are not in, or are no more: so it is for a moment whenever one comes or goes.

What still is so a second later is asked for again 30 seconds later: then something hangs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from msgspec import Struct

from kubectl_ambient.cluster.kinds.pods import ON_NETWORK, PODS
from kubectl_ambient.cluster.needs.ask import Ask
from kubectl_ambient.cluster.reading.cluster import ask
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.cluster.ztunnel.dump import Dump
from kubectl_ambient.kube.api import Client
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.ztunnel.case import moving
from kubectl_ambient.render.say import say

_SOON, _LATER = 1.0, 29.0  # seconds


class Odd(Struct, frozen=True):
    """The uids of pods that ztunnels have in all samples: of those that are not in, and of those that are no more."""

    out: frozenset[str]
    gone: frozenset[str]


def odd_pods(client: Client, snapshot: Snapshot, again: Callable[[str], Dump | None]) -> Odd:
    """Those that there are. again: what the ztunnel of a node says now. Raises KubeError if the API server is lost."""
    dumps = {node: said for node, said in (snapshot.ztunnels or {}).items() if isinstance(said, Dump)}
    found = {node: odd for node, said in dumps.items() if (odd := _odd(said, snapshot))}
    there: set[str] = set()
    for seconds in (0.0, _SOON, _LATER):
        if not found:
            break
        if seconds == _LATER:
            _tell(list(found))
        time.sleep(seconds)
        if seconds:
            dumps = {node: said for node in found if (said := again(node)) is not None}
        namespaces = {namespace for odd in found.values() for namespace in odd.values()}
        now = _now(client, snapshot, namespaces)
        found = {node: _both(found[node], _odd(said, now)) for node, said in dumps.items() if node in found}
        found = {node: odd for node, odd in found.items() if odd}
        there = {pod.uid for pod in now.on_network}
    uids = frozenset(uid for odd in found.values() for uid in odd)
    return Odd(out=uids & there, gone=uids - there)


def _tell(nodes: list[str]) -> None:
    has = f"ztunnel on {few(nodes)} has" if len(nodes) == 1 else f"the ztunnels on {few(nodes)} have"
    say(f"{has} pods that are out or gone: asking again in {_LATER:.0f} s, whether that lasts", file=sys.stderr)


def _odd(said: Dump, snapshot: Snapshot) -> dict[str, str]:
    """The namespaces of those, by their uids; before 1.24 a dump does not tell whose an entry is."""
    known = {pod.uid: f"{pod.namespace}/{pod.name}" for pod in snapshot.on_network}
    found = {}
    for uid, entry in (said.proxied or {}).items():
        pod = snapshot.pods.fact(known.get(uid, ""))
        home = pod.namespace if pod else entry.namespace
        fine = pod is not None and (pod.annotations.redirection is not None or moving(pod, snapshot.now) is not None)
        if entry.state == "Up" and home and not fine and snapshot.on_network.covers(home):
            found[uid] = home
    return found


def _now(client: Client, snapshot: Snapshot, namespaces: set[str]) -> Snapshot:
    now = Snapshot(now=snapshot.now)
    ask(client, now, [Ask(kind=PODS, namespace=place, also=(ON_NETWORK,), must=True) for place in sorted(namespaces)])
    return now


def _both(before: dict[str, str], now: dict[str, str]) -> dict[str, str]:
    return {uid: namespace for uid, namespace in before.items() if uid in now}
