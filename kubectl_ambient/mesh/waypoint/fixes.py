"""What to do about an object's waypoint: the exact commands, each with its effect."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from kubectl_ambient.cluster.facts import Namespace, Unread
from kubectl_ambient.cluster.kinds.gateways import Gateway
from kubectl_ambient.mesh.catalogue import WaypointReason
from kubectl_ambient.mesh.evidence import Fix, either, offer
from kubectl_ambient.mesh.installation import istiod_versions
from kubectl_ambient.mesh.waypoint.allowed_routes import listener_of
from kubectl_ambient.mesh.waypoint.commands import (
    Asked,
    admit_all,
    create,
    enable,
    goes,
    look_at,
    named_by,
    opt_out,
    take_off,
    usable,
)
from kubectl_ambient.mesh.waypoint.deciding import Decision
from kubectl_ambient.mesh.waypoint.gateway_commands import on_gateway, take_traffic
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.reference import USE_WAYPOINT, USE_WAYPOINT_NAMESPACE
from kubectl_ambient.mesh.waypoint.rules import Target, traffic_of
from kubectl_ambient.mesh.waypoint.usable import answers_hbone, takes, widened
from kubectl_ambient.shell.command import kubectl
from kubectl_ambient.shell.words import inside, label, named, namespace

_NEW = "waypoint"  # the name that istioctl gives by itself
_BY_API_SERVER = "kubernetes.io/metadata.name"  # always the name of the namespace, whatever one sets


def fixes(judge: WaypointJudge, target: Target, decision: Decision, *, whole: bool = False) -> tuple[Fix, ...]:
    """The commands, most useful first; none where there is nothing to do, or nothing to type.

    whole: for the Namespace of the target, which then is any object of it.
    """
    asked = Asked(judge, target, decision, whole)
    match decision.reason:
        case WaypointReason.ACCEPTED:
            found = _mend(asked)
        case WaypointReason.NOT_LABELED:
            found = _first(asked)
        case WaypointReason.OPTED_OUT:
            found = _back(asked)
        case WaypointReason.NOT_READY:
            found = _make_ready(asked)
        case WaypointReason.DENIED:
            found = _admit(asked)
        case WaypointReason.UNSUPPORTED | WaypointReason.NOT_FOR_WORKLOADS:
            found = _take(asked)
        case WaypointReason.EVIDENCE_MISSING:
            found = _ask(asked)
        case _:
            return ()
    return tuple(found)


def _first(asked: Asked) -> Iterator[Fix]:
    """Nothing names a waypoint."""
    there = usable(asked.judge, asked.target)
    if there:
        yield from enable(asked, there[0])
        return
    home, name = asked.home, _NEW
    taken = asked.judge.snapshot.gateways.fact(f"{home}/{name}")
    if taken is not None and answers_hbone(taken, asked.judge.snapshot.gateway_class(taken.class_name)):
        yield from _prepare(asked, taken)
    else:
        name = f"{_NEW}-2" if taken else _NEW
        yield from create(asked, home, name)
    yield from offer(named_by(asked, "--waypoint", name), f"{goes(asked)} goes through {home}/{name}")


def _prepare(asked: Asked, gateway: Gateway) -> Iterator[Fix]:
    """One of that name is there, and istioctl would write over it: have it take this traffic, or see what it lacks."""
    of_class = asked.judge.snapshot.gateway_class(gateway.class_name)
    traffic = "service" if asked.whole else traffic_of(asked.target)
    if not takes(gateway, of_class, asked.judge.control_plane.newest.version).covers(traffic):
        yield from _widen(asked, gateway)
    if not gateway.addresses or asked.judge.life_of(gateway).alive is False:
        yield from look_at(gateway, asked.judge.snapshot)


def _back(asked: Asked) -> Iterator[Fix]:
    """A label opts out."""
    target, judge = asked.target, asked.judge
    if not asked.decision.named.inherited and not asked.whole:
        bare = {k: v for k, v in target.labels.items() if k not in (USE_WAYPOINT, USE_WAYPOINT_NAMESPACE)}
        then = judge.decide(structs.replace(target, labels=bare))
        follows = f"waypoint {then.waypoint} serves it" if then.waypoint else f"there is none for it ({then.reason})"
        if then.reason != WaypointReason.NOT_LABELED:
            yield from offer(take_off(target), f"the label of its namespace counts again: {follows}")
        if then.waypoint:
            return
    there = usable(judge, target)
    if there:
        yield from enable(asked, there[0], overwrite=True)


def _make_ready(asked: Asked) -> Iterator[Fix]:
    """The waypoint that is named is not there, or has no address."""
    named, gateway = asked.decision.named.waypoint, asked.gateway
    if gateway is not None:
        yield from look_at(gateway, asked.judge.snapshot)
        return
    there = usable(asked.judge, asked.target)
    shared = asked.whole or asked.decision.named.inherited
    fits = there and (not shared or traffic_of(asked.target) == "service")
    another = enable(structs.replace(asked, whole=shared), there[0], overwrite=True) if fits else ()
    yield from either(another, _made(asked, *named) if named else ())


def _made(asked: Asked, home: str, name: str) -> Iterator[Fix]:
    """The waypoint that is named, as it has to be for this namespace."""
    yield from create(asked, home, name)
    if home != asked.home and istiod_versions.checks_allowed_routes(asked.judge.control_plane.newest.version):
        yield from admit_all(home, name)


def _admit(asked: Asked) -> Iterator[Fix]:
    """The waypoint does not admit the namespace."""
    gateway, judge = asked.gateway, asked.judge
    if gateway is None:
        return
    of_class = judge.snapshot.gateway_class(gateway.class_name)
    listener = listener_of(gateway, of_class, judge.control_plane.newest.version)
    if listener is None:
        edit = on_gateway("edit", gateway.namespace, gateway.name)
        yield from offer(edit, "add a listener of protocol HBONE on port 15008 that admits others")
        return
    selector, home = listener.selector, judge.namespace(asked.home)
    by_label: list[Fix] = []
    if listener.allowed_from == "Selector" and selector and selector.match_labels and isinstance(home, Namespace):
        missing = {k: v for k, v in selector.match_labels.items() if home.labels.get(k) != v}
        if missing and _BY_API_SERVER not in missing and not selector.match_expressions:
            words = (label(key, value) for key, value in missing.items())
            labelled = kubectl("label namespace", namespace(asked.home), *words, "--overwrite")
            by_label += offer(labelled, "the waypoint admits the namespace")
    yield from either(by_label, admit_all(gateway.namespace, gateway.name, gateway.listeners.index(listener)))


def _take(asked: Asked) -> Iterator[Fix]:
    """The waypoint is for other traffic."""
    if asked.gateway is not None:
        yield from _widen(asked, asked.gateway)


def _widen(asked: Asked, gateway: Gateway) -> Iterator[Fix]:
    judge = asked.judge
    of_class = judge.snapshot.gateway_class(gateway.class_name)
    now = takes(gateway, of_class, judge.control_plane.newest.version).word
    word = widened(now, "service" if asked.whole else traffic_of(asked.target))
    traffic = "services and to workloads" if word == "all" else f"{word}s"
    wanted = "if that is wanted: " if asked.decision.reason == WaypointReason.NOT_FOR_WORKLOADS else ""
    effect = f"{wanted}the waypoint takes traffic to {traffic}, of all that use it"
    return offer(take_traffic(gateway, word), effect)


def _mend(asked: Asked) -> Iterator[Fix]:
    """A waypoint serves it, and may be dead, or none at all."""
    gateway = asked.gateway
    if gateway is None:
        return
    of_class = asked.judge.snapshot.gateway_class(gateway.class_name)
    if not answers_hbone(gateway, of_class):
        there = usable(asked.judge, asked.target)
        holder = structs.replace(asked, whole=asked.whole or asked.decision.named.inherited)
        yield from enable(holder, there[0], overwrite=True) if there else opt_out(asked)
    elif asked.judge.life_of(gateway).alive is False:
        yield from either(look_at(gateway, asked.judge.snapshot), opt_out(asked))


def _ask(asked: Asked) -> Iterator[Fix]:
    waypoint, judge = asked.decision.named.waypoint, asked.judge
    if judge.snapshot.from_files:
        return
    if isinstance(judge.namespace(asked.home), Unread):
        ask = kubectl("auth can-i get", named("namespace", asked.home))
    elif waypoint:
        ask = kubectl("auth can-i list gateways.gateway.networking.k8s.io", *inside(waypoint[0]))
    else:
        return
    yield from offer(ask, "tells whether you may read what decides; docs/rbac.yaml holds the rights that are needed")
