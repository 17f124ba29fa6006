"""What is wrong with a waypoint itself, whoever uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kubectl_ambient.mesh.catalogue import Code, WaypointReason
from kubectl_ambient.mesh.evidence import Evidence, Finding, label, warns
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.labels.reference import entry_of
from kubectl_ambient.mesh.labels.values import meant
from kubectl_ambient.mesh.waypoint.gateway_commands import take_traffic, wake_or_look
from kubectl_ambient.mesh.waypoint.list import Waypoint
from kubectl_ambient.mesh.waypoint.reference import OPT_OUT
from kubectl_ambient.mesh.waypoint.rules import kind_of
from kubectl_ambient.mesh.waypoint.usable import WAYPOINT_FOR
from kubectl_ambient.shell.command import kubectl, offered
from kubectl_ambient.shell.words import inside, name, namespace, type_

TRAFFIC_TYPES = ("service", "workload", "all", "none")


def findings_of(waypoint: Waypoint) -> tuple[Finding, ...]:
    """All of them, in the order of `CHECKS`."""
    return tuple(finding for check in CHECKS for finding in check(waypoint))


def needs_attention(waypoint: Waypoint) -> bool:
    """Whether a person should look at it."""
    return warns(findings_of(waypoint))


def _dead(waypoint: Waypoint) -> Iterator[Finding]:
    """The address stays when all proxies are gone, so clients go on to send there [ztunnel outbound.rs]."""
    gateway, life = waypoint.gateway, waypoint.life
    if not gateway.addresses or life.alive is not False:
        return
    message = (
        f"it is dead ({life.why}), and its address is never taken away: connections to all that it serves fail, and do "
        "not go past it"
    )
    command = offered(wake_or_look(gateway, waypoint.idle))
    yield Finding.of(Code.WAYPOINT_DEAD, message, *life.evidence, fix=command)


def _without_address(waypoint: Waypoint) -> Iterator[Finding]:
    """istiod writes the address at the first readiness; until then nobody is sent there [`reportGatewayStatus`]."""
    gateway = waypoint.gateway
    if gateway.addresses or waypoint.written:
        return
    why = f" ({waypoint.waits_for})" if waypoint.waits_for else ""
    message = f"it has no address yet{why}: what names it goes direct"
    told = Evidence(gateway.ref, "status.addresses", None)
    command = offered(wake_or_look(gateway, waypoint.idle))
    yield Finding.of(Code.WAYPOINT_WITHOUT_ADDRESS, message, told, fix=command)


def _unhandled(waypoint: Waypoint) -> Iterator[Finding]:
    """The istiod that owns it is not there, cannot, or does not look."""
    if waypoint.unhandled is not None:
        yield waypoint.unhandled


def _no_hbone(waypoint: Waypoint) -> Iterator[Finding]:
    """istiod does not look at the class: any Gateway with an address can be named."""
    gateway = waypoint.gateway
    if waypoint.answers_hbone:
        return
    then = (
        "istiod accepts it all the same, and connections fail there"
        if gateway.addresses
        else "as soon as it has an address istiod accepts it all the same, and connections will fail there"
    )
    message = f"it has no listener for HBONE, so it is no waypoint: {then}"
    told = Evidence(gateway.ref, "spec.gatewayClassName", gateway.class_name or None)
    yield Finding.of(Code.GATEWAY_IS_NO_WAYPOINT, message, told)


def _for_unknown(waypoint: Waypoint) -> Iterator[Finding]:
    """Words are compared to the letter [waypoints.go]."""
    word, gateway = waypoint.takes.word, waypoint.gateway
    entry = entry_of(WAYPOINT_FOR, "label")
    if word is None or word in TRAFFIC_TYPES or entry is None:
        return
    message = (
        f"its traffic type “{word}” ({WAYPOINT_FOR}) is none of service, workload, all and none, to the letter: it "
        "takes nothing"
    )
    wanted = meant(entry, word) or "service"
    yield Finding.of(
        Code.WAYPOINT_FOR_UNKNOWN,
        message,
        *waypoint.takes.evidence,
        fix=offered(take_traffic(gateway, wanted)) if WAYPOINT_FOR in gateway.labels else None,
    )


def _refuses(waypoint: Waypoint) -> Iterator[Finding]:
    """There is no fallback from a waypoint that cannot be used [`fetchWaypointForTarget`]."""
    refused, gateway = waypoint.uses.refused, waypoint.gateway
    told = [(reason, found) for reason, found in refused.items() if reason != WaypointReason.NOT_READY]
    if not told:
        return
    told.sort(key=lambda one: -len(one[1]))
    number = sum(len(found) for _, found in told)
    objects = "1 object names it and is" if number == 1 else f"{number} objects name it and are"
    names = (f"{few([target.ref for target in found])} ({reason})" for reason, found in told)
    message = f"{objects} not served, so traffic there goes direct: {'; '.join(names)}"
    evidence = label(gateway.ref, WAYPOINT_FOR, gateway.labels.get(WAYPOINT_FOR))
    first = told[0][1][0]
    why = kubectl("ambient waypoint explain", type_(kind_of(first).lower()), name(first.name), *inside(first.namespace))
    yield Finding.of(Code.WAYPOINT_REFUSES, message, evidence, fix=offered(why))


def _unused(waypoint: Waypoint) -> Iterator[Finding]:
    if not waypoint.uses.nobody:
        return
    gateway = waypoint.gateway
    # Of one that admits no others, those of other namespaces are not looked for: they may name it, in vain.
    of = " of its namespace, which alone it admits," if waypoint.routes.allowed_from == "Same" else ""
    message = f"no label istio.io/use-waypoint{of} names it: nothing goes through it"
    able = gateway.addresses and waypoint.answers_hbone and waypoint.life.alive is not False
    wanted = able and gateway.name != OPT_OUT and waypoint.takes.word in ("service", "workload", "all")
    command = kubectl("ambient waypoint enable ns", namespace(gateway.namespace), "--waypoint", name(gateway.name))
    yield Finding.of(Code.WAYPOINT_UNUSED, message, fix=offered(command) if wanted else None)


CHECKS: tuple[Callable[[Waypoint], Iterator[Finding]], ...] = (
    _unhandled,
    _dead,
    _without_address,
    _no_hbone,
    _for_unknown,
    _refuses,
    _unused,
)
