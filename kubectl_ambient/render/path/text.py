"""`path` as text: the picture, the verdict, and what stands behind it."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.foreign import Shown, one_line, shown, stacked
from kubectl_ambient.mesh.answers import Answer as Said
from kubectl_ambient.mesh.path.answer import Answer
from kubectl_ambient.mesh.path.way import Condition, Leg, Path
from kubectl_ambient.render.path.drawing import MARKS, Arrow, Drawing, called, drawings
from kubectl_ambient.render.sentences import folded, paragraphs, wrapped
from kubectl_ambient.render.steps import finding_text
from kubectl_ambient.render.terminal import Paint

_SAID: dict[Said, tuple[str, str]] = {True: ("✔", "green"), False: ("·", "dim"), None: ("?", "yellow")}


def path_text(answer: Answer, *, width: int, paint: Paint) -> Shown:
    """The answer about one pair and port."""
    parts = [
        _of_path(path, drawing, width, paint) for path, drawing in zip(answer.paths, drawings(answer), strict=True)
    ]
    if len(parts) > 1:
        head = f"The pods are not all alike: {answer.message}."
        parts.insert(0, wrapped(head, width))
    return paragraphs(parts)


def _of_path(path: Path, drawing: Drawing, width: int, paint: Paint) -> Shown:
    mark, colour = MARKS[path.verdict]
    head = [shown(paint(mark, colour), " ", line) for line in folded(drawing.headline, max(width - 2, 30))[:1]]
    rest = [f"  {line}" for line in folded(drawing.headline, max(width - 2, 30))[1:]]
    message = f"{path.message[:1].upper()}{path.message[1:]}."
    return paragraphs(
        [
            picture(drawing, width, paint),
            stacked([*head, *rest, *folded(message, max(width, 40), first="  ", rest="  ")]),
            _legs(path, width, paint),
            _peer(path, width),
            _policies(path, width, paint),
            _conditions(path, width),
            stacked(finding_text(finding, (), width, paint) for finding in path.findings),
        ]
    )


def picture(drawing: Drawing, width: int, paint: Paint) -> Shown:
    """Boxes and arrows in a line, or in as many as it takes: one breaks before an arrow."""
    first, *others = drawing.boxes
    line, used, lines = shown(first.title), len(one_line(first.title)), []
    for arrow, box in zip(drawing.arrows, others, strict=True):
        text, drawn = _drawn(arrow, paint)
        title = _titled(box.title, box.below if box.kind == "ztunnel" else "")
        needed = len(text) + len(title) + 2
        if used + needed > width:
            lines.append(line)
            line, used = shown("  "), 1
        line = shown(line, "" if line == "  " else " ", drawn, " ", title)
        used += needed
    return stacked([*lines, line])


def _titled(title: str, node: str) -> str:
    return one_line(f"{title} {node}" if node else title)


def _drawn(arrow: Arrow, paint: Paint) -> tuple[str, Shown]:
    line = "══" if arrow.encrypted else "──"
    middle = f"{arrow.label}{line}" if arrow.label else ""
    text = f"{line}{middle}{'✖' if arrow.blocked else '▶'}"
    if arrow.blocked:
        return text, paint(text, "red")
    return text, paint(text, "green") if arrow.encrypted else shown(text)


def _legs(path: Path, width: int, paint: Paint) -> Shown:
    if not path.legs:
        return Shown()
    lines = [_line(_leg_mark(leg), _leg(leg), width, paint) for leg in path.legs]
    return stacked(["On the network:", *lines])


def _leg_mark(leg: Leg) -> tuple[str, str]:
    return {True: ("✔", "green"), False: ("✖", "red"), None: ("?", "yellow")}[leg.network.allowed]


def _leg(leg: Leg) -> str:
    found = leg.network
    how = leg.protocol if found.port is None else f"{leg.protocol}, TCP {found.port}"
    told = f"{called(leg.source)} to {called(leg.destination)}: {how}"
    if found.why:
        return f"{told}; {found.why}"
    if not found.decided_by:
        return f"{told}; no NetworkPolicy is about it"
    word = {True: "lets it through", False: "holds it back", None: "cannot be told"}[found.allowed]
    return f"{told}; {', '.join(found.decided_by)} {word}"


def _peer(path: Path, width: int) -> Shown:
    if path.peer is None:
        return Shown()
    lines = folded(path.peer.message, max(width - 2, 30), first="  ", rest="  ")
    return stacked([f"Peer authentication at the {path.peer.at}:", *lines])


def _policies(path: Path, width: int, paint: Paint) -> Shown:
    if not path.policies:
        return Shown()
    lines = []
    for policy in path.policies:
        mark = ("✖", "red") if policy.at is None else _SAID[policy.matches]
        lines.append(_line(mark, f"{policy.object} ({policy.action}) {policy.message}", width, paint))
    return stacked(["Policies:", *lines])


def _conditions(path: Path, width: int) -> Shown:
    lines: list[str] = []
    for condition in path.conditions:
        told = "; ".join(_evidence(condition))
        text = f"{condition.message} ({told})" if told else condition.message
        lines += folded(text, max(width, 40), first="  · ", rest="    ")
    return stacked(["This holds as long as:", *lines]) if lines else Shown()


def _evidence(condition: Condition) -> Iterator[str]:
    for each in condition.evidence:
        field = each.field.removeprefix("metadata.")
        value = f"={each.value}" if each.value is not None else " not set"
        whose = "" if each.object in condition.message else f"{each.object} "
        yield f"{whose}{field}{value}"


def _line(mark: tuple[str, str], text: str, width: int, paint: Paint) -> Shown:
    first, *rest = folded(text, max(width - 4, 30))
    return stacked([shown("  ", paint(*mark), " ", first), *(shown("    ", line) for line in rest)])
