"""What has a waypoint already: which calls of who moves go through it, and which go straight to the pods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.mesh.risks.on_the_way import OnTheWay
from kubectl_ambient.mesh.risks.rerouted import CALLERS, Rebound
from kubectl_ambient.mesh.risks.turn import Turn
from kubectl_ambient.mesh.waypoint.binding import Binding
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.reference import USE_WAYPOINT
from kubectl_ambient.mesh.waypoint.traffic import ClientKind, clients

Straight = tuple[tuple[ClientKind, tuple[int, ...], tuple[int, ...]], ...]
"""For a kind of caller the ports to which calls go straight: as they usually go, and by the pod's own address alone."""


class Served:
    """Services and pods that have a waypoint, or of which that is not known; false where there are none."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._judge = WaypointJudge(turn.after)
        self._uses: dict[str, dict[ClientKind, bool | None]] = {}
        self._bound: dict[str, tuple[Service | Pod, Binding]] = {}  # those of which it is not known, too
        for target in self._labelled():
            binding = self._judge.of(target)
            if binding.waypoint or binding.unknown:
                self._bound[target.ref] = target, binding

    def __bool__(self) -> bool:
        return bool(self._bound)

    @cached_property
    def on_the_way(self) -> OnTheWay:
        """NetworkPolicies on the way through these waypoints."""
        every = [Rebound(target=target, before=binding, after=binding) for target, binding in self._bound.values()]
        return OnTheWay(self._turn, self._judge, every)

    def straight(self, pod: Pod) -> Straight:
        """Nothing where no call to the pod goes through a waypoint."""
        services = self._turn.services_of(pod)
        if pod.ref not in self._bound and not any(one.ref in self._bound for one in services):
            return ()
        return tuple((kind, *self._ports(pod, services, kind)) for kind in CALLERS)

    def _ports(self, pod: Pod, services: list[Service], kind: ClientKind) -> tuple[tuple[int, ...], tuple[int, ...]]:
        usual, alone = [], []
        by_address = self._through(pod, kind) is False
        for number in sorted(self._turn.ports(pod)):
            leading = [one for one in services if self._leads(one, pod, number)]
            ways = [by_address if one.headless else self._through(one, kind) is False for one in leading]
            if any(ways or [by_address]):
                usual.append(number)
            elif by_address:
                alone.append(number)
        return tuple(usual), tuple(alone)

    def _leads(self, service: Service, pod: Pod, number: int) -> bool:
        tcp = (port for port in service.ports if port.protocol == "TCP")
        return any(number in self._turn.numbers_of(pod, port.target) for port in tcp)

    def _through(self, target: Service | Pod, kind: ClientKind) -> bool | None:
        """Whether such a caller is sent to the waypoint of what it calls, if that has one; None: it is not known."""
        if target.ref not in self._bound:
            return False
        if target.ref not in self._uses:
            judge = self._judge
            home, reach = judge.namespace(target.namespace), judge.way_to(target)
            told = clients(target, home, judge.control_plane.newest.version, reach)
            self._uses[target.ref] = {one.kind: one.uses for one in told}
        return self._uses[target.ref].get(kind, False)

    def _labelled(self) -> Iterator[Service | Pod]:
        """What has a label that names a waypoint, itself or by its namespace; all else has none."""
        after = self._turn.after
        homes = {home.name for home in after.namespaces if _names_one(home.labels)}
        services = (service for service in after.services if service.type != "ExternalName")
        targets: Iterable[Service | Pod] = chain(services, self._turn.pods)
        for target in targets:
            if target.namespace in homes or _names_one(target.labels):
                yield target


def served(turn: Turn) -> Served | None:
    """What has a waypoint; None where nothing has, or no NetworkPolicy may have a word."""
    if not turn.after.network_policies and turn.why_unread("network_policies") is None:
        return None
    return Served(turn) or None


def _names_one(labels: Mapping[str, str]) -> bool:
    return labels.get(USE_WAYPOINT, "none") != "none"
