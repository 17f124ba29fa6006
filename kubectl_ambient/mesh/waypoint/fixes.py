"""What to do about an object's waypoint: the exact commands, each with its effect."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.cluster.kinds.gateways import Gateway
from kubectl_ambient.mesh.catalogue import TELLS_RIGHTS, WaypointReason
from kubectl_ambient.mesh.evidence import Fix, either, offer
from kubectl_ambient.mesh.installation import istiod_versions
from kubectl_ambient.mesh.waypoint import NEW
from kubectl_ambient.mesh.waypoint.commands import (
    Asked,
    admit_too,
    create,
    enable,
    goes,
    look_at,
    named_by,
    new_name,
    opt_out,
    take_off,
    usable,
)
from kubectl_ambient.mesh.waypoint.deciding import Decision
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.narrow_fixes import admit, lead_there, take
from kubectl_ambient.mesh.waypoint.reference import USE_WAYPOINT, USE_WAYPOINT_NAMESPACE
from kubectl_ambient.mesh.waypoint.rules import Target, traffic_of
from kubectl_ambient.mesh.waypoint.usable import answers_hbone, takes
from kubectl_ambient.shell.command import kubectl
from kubectl_ambient.shell.words import inside, named


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
            found = iter(seen) if (seen := _seen(asked)) else _make_ready(asked)
        case WaypointReason.DENIED:
            found = admit(asked)
        case WaypointReason.UNSUPPORTED | WaypointReason.NOT_FOR_WORKLOADS:
            found = take(asked)
        case WaypointReason.EVIDENCE_MISSING:
            found = _ask(asked)
        case _:
            found = iter(_seen(asked))
    return tuple(found)


def _seen(asked: Asked) -> tuple[Fix, ...]:
    """Have an istiod look at it, where none does; nothing else helps before that."""
    unseen = asked.judge.unseen(asked.target, asked.decision)
    return () if unseen is None else tuple(unseen.steps())


def _first(asked: Asked) -> Iterator[Fix]:
    """Nothing names a waypoint."""
    there = usable(asked.judge, asked.target)
    if there:
        yield from enable(asked, there[0])
        return
    home, name = asked.home, NEW
    taken = asked.judge.snapshot.gateways.fact(f"{home}/{name}")
    if taken is not None and _would_do(asked, taken):
        yield from look_at(taken, asked.judge.snapshot)
    else:
        name = new_name(asked.judge, home)
        yield from create(asked, home, name)
    yield from offer(named_by(asked, "--waypoint", name), f"{goes(asked)} goes through {home}/{name}")


def _would_do(asked: Asked, gateway: Gateway) -> bool:
    """Whether one of that name, which istioctl would write over, takes this traffic as soon as it lives."""
    of_class = asked.judge.snapshot.gateway_class(gateway.class_name)
    traffic = "service" if asked.whole else traffic_of(asked.target)
    taken = takes(gateway, of_class, asked.judge.control_plane.newest.version).covers(traffic)
    return answers_hbone(gateway, of_class) and taken


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
        yield from admit_too(home, name, (home, asked.home))


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
    else:
        yield from lead_there(asked)


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
    yield from offer(ask, TELLS_RIGHTS)
