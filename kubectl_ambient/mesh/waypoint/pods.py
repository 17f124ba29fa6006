"""The waypoint of a pod, beside its mode: for what is sent to its own address, and to the Services that select it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from kubectl_ambient.cluster.facts import Namespace, Pod, Unread
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import WaypointReason
from kubectl_ambient.mesh.waypoint.reference import OPT_OUT, USE_WAYPOINT

if TYPE_CHECKING:
    from kubectl_ambient.mesh.waypoint.binding import Binding
    from kubectl_ambient.mesh.waypoint.judge import WaypointJudge


class PodWaypoint(Struct, frozen=True, gc=False):
    """`shop/wp`, the waypoint of a pod; None where it has none, or, unless `known`, where that cannot be told."""

    waypoint: str | None
    known: bool = True


class PodWaypoints:
    """Asks the rules of waypoints about the pods of one snapshot; nothing is asked where no label names one."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._judge: WaypointJudge | None = None
        self._unread: dict[str, None] = {}

    def of(self, pod: Pod, namespace: Namespace | Unread) -> PodWaypoint:
        """The waypoint for what is sent straight to the pod."""
        labels = pod.labels
        if USE_WAYPOINT not in labels:
            if isinstance(namespace, Unread):
                if not self._snapshot.from_files:
                    self._unread[str(namespace)] = None
                return PodWaypoint(None, known=pod.finished)
            labels = namespace.labels
        if labels.get(USE_WAYPOINT, OPT_OUT) == OPT_OUT:
            return PodWaypoint(None)
        decision = self._asked().decide(pod)
        return PodWaypoint(decision.waypoint, known=decision.reason != WaypointReason.EVIDENCE_MISSING)

    def explain(self, pod: Pod) -> Binding:
        """The same with every rule's word."""
        judge = self._judge or self._new()
        binding = judge.of_pod(pod, trace=True)
        if binding.named:
            self._judge = judge
        return binding

    def services_of(self, pod: Pod) -> tuple[Binding, ...] | Unread:
        """The Services that select the pod, each with its waypoint; an Unread where Services could not be read."""
        unread = self._snapshot.services.refusal
        if unread is not None:
            return unread
        found = [s for s in self._snapshot.services if s.namespace == pod.namespace and selects(s, pod)]
        if any(USE_WAYPOINT in service.labels for service in found):
            self._asked()
        judge = self._judge or self._new()
        return tuple(judge.of_service(service) for service in sorted(found, key=lambda s: s.name))

    @property
    def assumptions(self) -> list[str]:
        """What was taken for granted where a label names a waypoint, and what could not be read."""
        unread = dict.fromkeys(map(str, self._judge.unread_gateways if self._judge else ())) | self._unread
        told = [f"no waypoint is told where it is not known: {why}" for why in unread]
        return [*told, *(self._judge.assumptions if self._judge else ())]

    def _asked(self) -> WaypointJudge:
        if self._judge is None:
            self._judge = self._new()
        return self._judge

    def _new(self) -> WaypointJudge:
        """A judge; imported where a label names a waypoint, which in most clusters none does."""
        from kubectl_ambient.mesh.waypoint.judge import WaypointJudge

        return WaypointJudge(self._snapshot)


def selects(service: Service, pod: Pod) -> bool:
    """Whether the Service leads to the pod by its selector; one without a selector leads to none by itself."""
    return bool(service.selector) and service.selector.items() <= pod.labels.items()
