"""What a change of waypoint labels does, for the eye: one line for each thing that becomes of objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubectl_ambient.change.targets import typed
from kubectl_ambient.change.waypoint.effects import Served, Way, WaypointEffects
from kubectl_ambient.change.words import grouped, pods
from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.mesh.catalogue import WaypointReason
from kubectl_ambient.render.change import Tense, paragraph

_TITLES: dict[tuple[Tense, Way], str] = {
    ("would", "gains"): "Would be served",
    ("does", "gains"): "Now served",
    ("would", "fails"): "Would fail",
    ("does", "fails"): "Now failing",
    ("would", "loses"): "Would go direct",
    ("does", "loses"): "Now going direct",
    ("would", "keeps"): "Would stay as is",
    ("does", "keeps"): "Staying as is",
    ("would", "unserved"): "Would go direct",
    ("does", "unserved"): "Going direct",
    ("would", "unknown"): "Cannot be told",
    ("does", "unknown"): "Cannot be told",
}


def waypoint_moves(effects: WaypointEffects, ways: Iterable[Way], tense: Tense, width: int) -> list[str]:
    """One paragraph a way, and a waypoint where that is new, in this order; none for a way that nothing goes."""
    several = len({served.target.namespace for served in effects.objects}) > 1
    lines: list[str] = []
    for way in ways:
        for (suffix, below), found in grouped(((_suffix(s, way), _below(s, way)), s) for s in effects.of(way)).items():
            lines += paragraph(_TITLES[tense, way], _items(found, way, several), suffix, width, count=None)
            lines += [f"{'':<17}{below}"] if below else []
    return lines


def _suffix(served: Served, way: Way) -> str:
    """What goes for all that stands in the paragraph."""
    if way == "gains":
        return f"by {served.after.waypoint}"
    if way == "fails":
        return f"at {served.after.waypoint}"
    return ""


def _below(served: Served, way: Way) -> str:
    """The same on a line of its own."""
    if way == "unknown" and served.goes_direct:
        return f"(going direct, if served by {served.before.named or 'a waypoint'} now)"
    return ""


def _items(found: Sequence[Served], way: Way, several: bool) -> list[tuple[str, int]]:
    """`svc/cart`, with what explains it; pods that were not named are counted."""
    items: dict[str, int] = {}
    counted = grouped((_why(s, way), s) for s in found if isinstance(s.target, Pod) and not s.named)
    for served in found:
        if served.named or not isinstance(served.target, Pod):
            items[f"{_name(served, several)}{_why(served, way)}"] = 1
    return [*items.items(), *((f"{pods(len(group))}{why}", len(group)) for why, group in counted.items())]


def _name(served: Served, several: bool) -> str:
    target = served.target
    place = f"{target.namespace}/" if several else ""
    return f"{typed(served.after.kind)}/{place}{target.name}"


def _why(served: Served, way: Way) -> str:
    if way == "keeps":
        return f" {served.after.named or 'none'}"
    if way != "unserved":
        return ""
    if served.unused and isinstance(served.target, Pod):
        return " on the host network"
    if served.unused:
        return " headless" if isinstance(served.target, Service) else " without an address"
    if served.after.reason == WaypointReason.NOT_SERVED and isinstance(served.target, Service):
        return f" {served.target.type}"
    return f" {served.after.reason}"
