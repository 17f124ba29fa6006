"""What every picture of a path shows: boxes, the arrows between them, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from kubectl_ambient.mesh.path.answer import Answer
from kubectl_ambient.mesh.path.way import Hop, Leg, Outcome, Path

Kind = Literal["end", "ztunnel", "waypoint", "sidecar", "gateway"]
MARKS: dict[Outcome, tuple[str, str]] = {
    "allowed": ("✔", "green"),
    "denied": ("✖", "red"),
    "depends": ("~", "yellow"),
    "unknown": ("?", "yellow"),
}


class Box(Struct, frozen=True, gc=False):
    """A place: what it is called, what it is, and where. `below` is empty where there is nothing more to say."""

    title: str
    below: str
    kind: Kind


class Arrow(Struct, frozen=True, gc=False):
    """From one box to the next. label: how, and at which port; empty within a pod. blocked: nothing passes there."""

    label: str
    encrypted: bool
    blocked: bool


class Drawing(Struct, frozen=True):
    """One path: there is one arrow less than boxes."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    verdict: Outcome
    headline: str
    message: str


def drawings(answer: Answer) -> list[Drawing]:
    """One for each kind of path."""
    alone = len(answer.paths) == 1
    return [_drawing(answer, path, alone=alone) for path in answer.paths]


def _drawing(answer: Answer, path: Path, *, alone: bool) -> Drawing:
    source = answer.source if alone else path.source.ref
    boxes = [Box(called(source), _mode(path.source.role, path.source.node), _kind_of(path.source.role))]
    arrows = []
    for number, hop in enumerate(path.hops):
        last = number == len(path.hops) - 1
        title = _title(hop, answer, path, last=last, alone=alone)
        boxes.append(Box(title, _below(hop, path, last=last), "end" if hop.at == "app" else hop.at))
        arrows.append(_arrow(hop, path, blocked=_stops_before(number, path)))
    return Drawing(tuple(boxes), tuple(arrows), path.verdict, headline(path, answer), path.message)


def called(ref: str) -> str:
    """`Deployment/shop/web` as `shop/web`."""
    return ref.partition("/")[2] if ref.count("/") == 2 else ref


def headline(path: Path, answer: Answer) -> str:
    """`allowed · encrypted · shop/cart sees spiffe://…`."""
    parts = [path.verdict, _encrypted(path)]
    if path.verdict != "denied" and path.legs:
        seen = path.identity or "no identity"
        who = answer.destination if len(answer.paths) == 1 else path.destination.ref
        parts.append(f"{called(who)} sees {seen}")
    return " · ".join(parts)


def _encrypted(path: Path) -> str:
    if not path.legs:
        return "within the pod"
    if path.encrypted:
        return "encrypted"
    if any(leg.encrypted for leg in path.legs):
        return "in part encrypted"
    return "not encrypted by the mesh" if path.destination.role == "outside" else "plain text"


def _mode(role: str, node: str) -> str:
    words = {"plain": "out of the mesh", "outside": "out of the cluster", "host": "on the node", "pending": "pending"}
    return ", ".join(part for part in (words.get(role, role), node) if part)


def _kind_of(role: str) -> Kind:
    return "gateway" if role in ("gateway", "east-west") else "waypoint" if role == "waypoint" else "end"


def _title(hop: Hop, answer: Answer, path: Path, *, last: bool, alone: bool) -> str:
    if hop.at in ("ztunnel", "sidecar"):
        return hop.at
    if hop.at == "waypoint":
        return f"waypoint {called(hop.object)}"
    if not (last and alone):
        return called(hop.object)
    call = answer.call
    port = call.service_port if call.service is not None else call.port
    return f"{called(answer.destination)}:{port}" if port is not None else called(answer.destination)


def _below(hop: Hop, path: Path, *, last: bool) -> str:
    if hop.at == "app":
        return _mode(path.destination.role, path.destination.node if hop.leg is not None else "")
    return hop.node


def _stops_before(number: int, path: Path) -> bool:
    """Whether the path is refused just before its hop of that number."""
    match path.stops:
        case "departure":
            return number == 0
        case "waypoint":
            return number > 0 and path.hops[number - 1].at == "waypoint"
        case "arrival":
            return number == len(path.hops) - 1
    return False


def _arrow(hop: Hop, path: Path, *, blocked: bool) -> Arrow:
    if hop.leg is None:
        return Arrow("", encrypted=False, blocked=blocked)
    leg = path.legs[hop.leg]
    return Arrow(" ".join(_label(leg)), leg.encrypted, blocked or leg.network.allowed is False)


def _label(leg: Leg) -> Iterator[str]:
    yield leg.protocol
    if leg.network.port is not None:
        yield str(leg.network.port)
