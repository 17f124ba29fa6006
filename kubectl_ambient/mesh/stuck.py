"""What keeps a pod from starting or from ending, as the kubelet and the scheduler tell it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from kubectl_ambient.cluster.facts import NOT_READY_TAINT, SOME_TAINT, Event, Pod
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.installation.placement import last

_NO_PLUGIN = re.compile(r'failed to find plugin \\*"istio-cni\\*" in path \[([^\]]*)\]')
_CREATE, _KILL = "FailedCreatePodSandBox", "FailedKillPod"


class Stuck(Struct, frozen=True, kw_only=True, gc=False):
    """A pod that cannot `start`, cannot `end`, or finds no `node`. `message` is what the cluster says of it, whole.

    plugin_path: the folders in which the node looked for istio-cni's plugin and did not find it; empty where that is
    not what ails it.
    """

    what: Literal["start", "end", "node"]
    message: str
    event: Event | None = None
    plugin_path: str = ""

    @property
    def by_taint(self) -> bool:
        """Whether the scheduler names Istio's taint for new nodes among what keeps it from a node."""
        return self.what == "node" and NOT_READY_TAINT in self.message

    @property
    def may_be_by_taint(self) -> bool:
        """Whether it may be that taint: newer schedulers name none [kubernetes 1.36, tainttoleration]."""
        return self.by_taint or (self.what == "node" and SOME_TAINT in self.message)


def stuck_of(pod: Pod, snapshot: Snapshot) -> Stuck | None:
    """What keeps the pod from what comes next; None where nothing is known to."""
    if pod.deleting is not None:
        event = _last(pod, _KILL, snapshot)
        if event is not None and "istio-cni" in event.message:
            return _by_event("end", event)
    if pod.creating:
        event = _last(pod, _CREATE, snapshot)
        if event is not None:
            return _by_event("start", event)
    if pod.unscheduled and not pod.node and not pod.finished and pod.deleting is None:
        return Stuck(what="node", message=pod.unscheduled)
    return None


def _by_event(what: Literal["start", "end"], event: Event) -> Stuck:
    found = _NO_PLUGIN.search(event.message)
    return Stuck(what=what, message=event.message.strip(), event=event, plugin_path=found[1] if found else "")


def _last(pod: Pod, reason: str, snapshot: Snapshot) -> Event | None:
    return last(list(_about(pod, reason, snapshot)))


def _about(pod: Pod, reason: str, snapshot: Snapshot) -> Iterator[Event]:
    for event in snapshot.events.known:
        if event.namespace == pod.namespace and event.name == pod.name and event.reason == reason:
            yield event
