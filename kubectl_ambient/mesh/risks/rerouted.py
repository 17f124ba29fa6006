"""Calls that go another way than before: what is called has another waypoint, or who calls is sent to it from now on.

Who is sent to a waypoint, and for which calls: as `waypoint explain` tells it [ztunnel src/proxy/outbound.rs
`build_request`; istiod endpoint_builder.go `findServiceWaypoint`].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from msgspec import Struct

from kubectl_ambient.cluster.facts import Pod, Unread
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.gateways import role_of_gateway, what_makes_it_a_gateway
from kubectl_ambient.mesh.risks.turn import Turn
from kubectl_ambient.mesh.waypoint.binding import Binding
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.pods import selects
from kubectl_ambient.mesh.waypoint.reference import USE_WAYPOINT
from kubectl_ambient.mesh.waypoint.rules import Target
from kubectl_ambient.mesh.waypoint.traffic import ClientKind, clients

CALLERS: tuple[ClientKind, ...] = ("ambient", "ingress", "east-west")
"""Those that may be sent to a waypoint: nobody else ever is."""
Kinds = tuple[ClientKind | None, ClientKind | None]
"""As whom a pod may be sent to waypoints, before and after; None where it never is."""


class Rebound(Struct, frozen=True, kw_only=True, gc=False):
    """An object, as it is afterwards, with what serves it before and after."""

    target: Target
    before: Binding
    after: Binding

    @property
    def unknown(self) -> Binding | None:
        """The one of both that cannot be told; None where both can."""
        return next((binding for binding in (self.before, self.after) if binding.unknown), None)

    @property
    def turns(self) -> bool:
        """Whether another waypoint serves it afterwards, or one instead of none; also where that is not known."""
        return self.unknown is not None or self.before.waypoint != self.after.waypoint

    @property
    def homes(self) -> frozenset[str]:
        """Its namespace, and those of its waypoints."""
        named = {key.partition("/")[0] for key in (self.before.named, self.after.named) if key}
        return frozenset({self.target.namespace, *named})


class Rerouted(Struct, frozen=True, kw_only=True, gc=False):
    """Calls by one kind of caller that go through waypoint `before` now, and through `after` then; None: straight.

    Through the same one both times, where it comes to what is called at another port. called: the pods that are called,
    by their refs, each with the ports of the application. because: the label that sends to each of them.
    """

    by: Kinds
    before: str | None
    after: str | None
    called: dict[str, tuple[Pod, set[int]]]
    because: dict[str, Evidence]


class Untold(Struct, frozen=True, gc=False):
    """An object of which it is not known who is sent to its waypoint, or what stands behind it."""

    of: Rebound
    why: str


def caller_kinds(turn: Turn, pod: Pod) -> Kinds:
    """As whom a pod may be sent to waypoints; never where it is out of the mesh, or has a sidecar."""
    if pod.host_network:
        return None, None
    if what_makes_it_a_gateway(pod) is not None:
        role = role_of_gateway(pod)
        if role == "waypoint" or turn.istiod_without_ambient(pod) is not None:
            return None, None
        kind: ClientKind = "east-west" if role == "east-west" else "ingress"
        return kind, kind
    if pod.annotations.sidecar_status is not None:
        return None, None
    before, after = turn.ambient(pod)
    return "ambient" if before else None, "ambient" if after else None


def rerouted(turn: Turn, judge: WaypointJudge, every: Iterable[Rebound]) -> tuple[list[Rerouted], list[Untold]]:
    """What goes another way, and of which objects that is not known. judge: of the cluster as it is afterwards."""
    found: dict[tuple[Kinds, str | None, str | None], Rerouted] = {}
    untold: list[Untold] = []
    kinds = sorted({kinds for pod in turn.pods if any(kinds := caller_kinds(turn, pod))}, key=str)
    version = judge.control_plane.newest.version
    for one in sorted(every, key=lambda one: one.after.ref) if kinds else ():
        if one.unknown is not None:
            untold.append(Untold(one, one.unknown.message))
        else:
            target = _whole(turn, one.target)
            namespace, reach = judge.namespace(target.namespace), judge.way_to(target)
            behind = _behind(turn, target)
            may_be_sent = [client for client in clients(target, namespace, version, reach) if client.uses is not False]
            for client, by in product(may_be_sent, kinds):
                before = one.before.waypoint if by[0] == client.kind else None
                after = one.after.waypoint if by[1] == client.kind else None
                called: list[Pod] | str
                if before == after:  # then another port is all that may become of them
                    called = [] if before is None or isinstance(behind, str) else _turning(turn, behind)
                else:
                    called = behind
                if not called:
                    continue
                if client.uses is None or isinstance(called, str):
                    untold.append(Untold(one, client.why if client.uses is None else str(called)))
                    continue
                fresh = Rerouted(by=by, before=before, after=after, called={}, because={})
                _add(found.setdefault((by, before, after), fresh), turn, one, target, called)
    return list(found.values()), untold


def _turning(turn: Turn, pods: list[Pod]) -> list[Pod]:
    return [pod for pod in pods if len(set(turn.takes(pod))) > 1]


def _whole(turn: Turn, target: Target) -> Target:
    """The object with all that was read of it: of those that were named, only the labels are known by themselves."""
    key = f"{target.namespace}/{target.name}"
    if isinstance(target, Service):
        return turn.after.services.fact(key) or target
    return (turn.after.service_entries.fact(key) or target) if isinstance(target, ServiceEntry) else target


def _add(to: Rerouted, turn: Turn, one: Rebound, target: Target, behind: list[Pod]) -> None:
    for pod in behind:
        to.because.setdefault(pod.ref, _label(one))
        _pod, ports = to.called.setdefault(pod.ref, (pod, set()))
        ports.update(_ports(turn, target, pod))


def _behind(turn: Turn, target: Target) -> list[Pod] | str:
    """The pods that a call may get to; else why they are not known, as the rest of a sentence."""
    if isinstance(target, Pod):
        return turn.why_unseen(target) or [target]
    if not isinstance(target, Service):
        return "which pods stand behind it, if any, is not told by labels alone"
    if not target.selector:
        return "it selects no pods, so that others tell what stands behind it"
    home = target.namespace
    if not turn.knows_pods_of(home):
        if turn.after.from_files:
            return f"the files hold no pods of namespace {home}"
        return str(turn.after.pods.why_unread(home) or Unread(what=f"list pods in namespace {home}", why="not read"))
    return [pod for pod in turn.pods_of(home) if selects(target, pod)]


def _ports(turn: Turn, target: Target, pod: Pod) -> Iterator[int]:
    """The TCP ports of the pod that are called by the object."""
    if isinstance(target, Service):
        for port in target.ports:
            yield from turn.numbers_of(pod, port.target) if port.protocol == "TCP" else ()
    else:
        yield from turn.ports(pod)


def _label(one: Rebound) -> Evidence:
    """The label that names a waypoint, before or after."""
    binding = one.after if one.after.waypoint else one.before
    ref = binding.inherited_from or binding.ref
    return Evidence(ref, f"metadata.labels[{USE_WAYPOINT}]", (binding.waypoint or "").rpartition("/")[2])
