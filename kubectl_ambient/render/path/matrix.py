"""`path --matrix` as text: a grid for each port, and below it who decides where nothing passes."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.foreign import Shown, one_line, shown, stacked
from kubectl_ambient.mesh.path.answer import Answer
from kubectl_ambient.render.path.drawing import MARKS, called
from kubectl_ambient.render.sentences import folded, paragraphs
from kubectl_ambient.render.table import shorten
from kubectl_ambient.render.terminal import Paint

_PLAIN = ("○", "")
_LONGEST = 34
_MOST_REASONS = 20
_LEGEND = "✔ allowed, encrypted   ○ allowed, plain text   ✖ denied   ~ depends   ? unknown"


def matrix_text(answers: Sequence[Answer], *, namespaced: bool, headers: bool, width: int, paint: Paint) -> Shown:
    """A grid for each port; wide ones are cut into several below one another."""
    ends = list(dict.fromkeys(end for answer in answers for end in (answer.source, answer.destination)))
    names = _names(ends, namespaced=namespaced)
    parts = []
    ports = {answer.call.port for answer in answers}
    for port in sorted(ports, key=lambda port: (port is None, port)):
        cells = {(a.source, a.destination): a for a in answers if a.call.port == port}
        title = f"To port {port}:" if port is not None else "To a port that no policy names:"
        parts.append(stacked([title, stacked(_grids(ends, names, cells, width, paint), "\n\n")]))
    if headers:
        parts.append(stacked(folded(_LEGEND, max(width, 40))))
        parts.append(_reasons(answers, min(width, 100), paint))
    return paragraphs(parts)


def _names(ends: Sequence[str], *, namespaced: bool) -> dict[str, str]:
    """Short names; with the kind where two have the same."""
    short = {end: called(end) if namespaced else end.rpartition("/")[2] for end in ends}
    many = {name for name in short.values() if list(short.values()).count(name) > 1}
    return {end: f"{end.partition('/')[0]}/{name}" if name in many else name for end, name in short.items()}


def _grids(
    ends: Sequence[str], names: dict[str, str], cells: dict[tuple[str, str], Answer], width: int, paint: Paint
) -> list[Shown]:
    sources = [end for end in ends if any(key[0] == end for key in cells)]
    targets = [end for end in ends if any(key[1] == end for key in cells)]
    labels = {end: f"{number} {shorten(names[end], _LONGEST, 'middle')}" for number, end in enumerate(ends, start=1)}
    first = max([len("FROM \\ TO"), *(len(one_line(label)) for label in labels.values())])
    column = len(str(len(ends))) + 2
    fitting = max((min(width, 200) - first) // column, 1)
    return [
        _grid(sources, targets[at : at + fitting], ends, labels, cells, first, column, paint)
        for at in range(0, len(targets), fitting)
    ]


def _grid(
    sources: Sequence[str],
    targets: Sequence[str],
    ends: Sequence[str],
    labels: dict[str, str],
    cells: dict[tuple[str, str], Answer],
    first: int,
    column: int,
    paint: Paint,
) -> Shown:
    head = "FROM \\ TO".ljust(first) + "".join(str(ends.index(t) + 1).rjust(column) for t in targets)
    lines: list[str] = [head]
    for source in sources:
        label = one_line(labels[source])
        marks = [_mark(cells.get((source, target)), source == target, column, paint) for target in targets]
        while marks and not marks[-1].strip():
            marks.pop()
        lines.append(shown(label.ljust(first), *marks))
    return stacked(lines)


def _mark(answer: Answer | None, itself: bool, column: int, paint: Paint) -> Shown:
    before = " " * (column - 1)
    if answer is None:
        return shown(before, "·" if itself else " ")
    mark, colour = MARKS[answer.verdict]
    if answer.verdict == "allowed" and not answer.encrypted:
        mark, colour = _PLAIN
    return shown(before, paint(mark, colour) if colour else mark)


def _reasons(answers: Sequence[Answer], width: int, paint: Paint) -> Shown:
    """Why, for all that is not simply allowed: each reason once, with how many pairs it is true of."""
    counts: dict[tuple[str, str], int] = {}
    for answer in answers:
        if answer.verdict != "allowed":
            key = (answer.verdict, _why(answer))
            counts[key] = counts.get(key, 0) + 1
    lines = []
    ordered = sorted(counts.items(), key=lambda each: (list(MARKS).index(each[0][0]), -each[1], each[0][1]))  # type: ignore[arg-type]
    for (verdict, why), n in ordered[:_MOST_REASONS]:
        mark, colour = MARKS[verdict]  # type: ignore[index]
        first, *rest = folded(f"{n} {'pair' if n == 1 else 'pairs'}: {why}", max(width - 2, 30))
        lines.append(stacked([shown(paint(mark, colour), " ", first), *(shown("  ", line) for line in rest)]))
    more = len(ordered) - _MOST_REASONS
    return stacked([*lines, *([f"… and {more} more reasons: -o json has them all"] if more > 0 else [])])


def _why(answer: Answer) -> str:
    by = ", ".join(f"{decider.object} (at the {decider.at})" for decider in answer.decided_by)
    return by or answer.message
