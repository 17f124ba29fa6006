"""`path -o svg`: the picture of a path as a file that stands in a document by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from kubectl_ambient.foreign import Shown, one_line, stacked
from kubectl_ambient.mesh.path.way import Outcome
from kubectl_ambient.render.path.drawing import MARKS, Arrow, Box, Drawing, Kind
from kubectl_ambient.render.sentences import folded

_FILL: dict[Kind, tuple[str, str]] = {
    "end": ("#f1f5f9", "#475569"),
    "ztunnel": ("#ede9fe", "#7c3aed"),
    "waypoint": ("#ffedd5", "#ea580c"),
    "sidecar": ("#e0f2fe", "#0284c7"),
    "gateway": ("#fef9c3", "#ca8a04"),
}
_COLOURS: dict[Outcome, str] = {
    "allowed": "#15803d",
    "denied": "#b91c1c",
    "depends": "#b45309",
    "unknown": "#b45309",
}
_LETTER, _SMALL = 7.9, 6.7  # how wide a letter is, at 13 and at 11 pixels of a font of one width
_MARGIN, _HEIGHT, _ARROW, _LEAST = 20, 52, 48, 620
_FONT = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace'


def svg(found: Sequence[Drawing]) -> Shown:
    """The paths below one another."""
    width = max([_LEAST, *(_width(drawing) for drawing in found)])
    lines: list[str] = []
    top = float(_MARGIN)
    for drawing in found:
        rows, height = _row(drawing, top, width)
        lines += rows
        top += height
    title = escape("; ".join(one_line(f"{d.boxes[0].title} to {d.boxes[-1].title}: {d.headline}") for d in found))
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {top:.0f}" width="{width:.0f}" '
        f'height="{top:.0f}" role="img">',
        f"<title>{title}</title>",
        "<style>",
        f"text {{ font: 13px {_FONT}; fill: #0f172a }}",
        ".small { font-size: 11px; fill: #475569 }",
        ".head { font-weight: 600 }",
        "</style>",
        f'<rect width="{width:.0f}" height="{top:.0f}" rx="10" fill="#ffffff" stroke="#e2e8f0"/>',
    ]
    return stacked([*head, *lines, "</svg>"])


def _row(drawing: Drawing, top: float, width: float) -> tuple[list[str], float]:
    """One path from `top` on, and how high it is."""
    colour = _COLOURS[drawing.verdict]
    mark = MARKS[drawing.verdict][0]
    told = folded(f"{drawing.message[:1].upper()}{drawing.message[1:]}.", int((width - 2 * _MARGIN) / _SMALL))
    head = folded(f"{mark} {drawing.headline}", int((width - 2 * _MARGIN) / _LETTER))
    lines = []
    y = top + 14
    for line in head:
        lines.append(f'<text class="head" x="{_MARGIN}" y="{y:.0f}" style="fill: {colour}">{_text(line)}</text>')
        y += 18
    y += 10
    x = float(_MARGIN)
    for at, box in enumerate(drawing.boxes):
        if at:
            arrow = drawing.arrows[at - 1]
            lines += _arrow(arrow, x, y + _HEIGHT / 2)
            x += _arrow_width(arrow)
        lines += _box(box, x, y)
        x += _box_width(box)
    y += _HEIGHT + 26
    for line in told:
        lines.append(f'<text class="small" x="{_MARGIN}" y="{y:.0f}">{_text(line)}</text>')
        y += 16
    return lines, y - top + 8


def _box(box: Box, x: float, y: float) -> Iterator[str]:
    fill, stroke = _FILL[box.kind]
    wide = _box_width(box)
    yield (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{_HEIGHT}" rx="7" fill="{fill}" stroke="{stroke}"/>'
    )
    middle = x + wide / 2
    first = y + (23 if box.below else 31)
    yield f'<text x="{middle:.1f}" y="{first:.1f}" text-anchor="middle">{_text(box.title)}</text>'
    if box.below:
        yield (f'<text class="small" x="{middle:.1f}" y="{y + 40:.1f}" text-anchor="middle">{_text(box.below)}</text>')


def _arrow(arrow: Arrow, x: float, y: float) -> Iterator[str]:
    """A line with a head; one that nothing passes ends in a cross."""
    colour = "#b91c1c" if arrow.blocked else "#15803d" if arrow.encrypted else "#64748b"
    end = x + _arrow_width(arrow) - 6
    thick = 3 if arrow.encrypted else 1.5
    dashes = ' stroke-dasharray="5 4"' if arrow.label and not arrow.encrypted else ""
    line = f'stroke="{colour}" stroke-width="{thick}"'
    yield f'<path d="M{x + 6:.1f} {y:.1f}H{end - 8:.1f}" {line}{dashes}/>'
    if arrow.blocked:
        middle = (x + end) / 2
        cross = f"M{middle - 7:.1f} {y - 7:.1f}l14 14m0 -14l-14 14"
        yield f'<path d="{cross}" stroke="{colour}" stroke-width="3"/>'
    yield f'<path d="M{end - 10:.1f} {y - 5:.1f}L{end:.1f} {y:.1f}L{end - 10:.1f} {y + 5:.1f}Z" fill="{colour}"/>'
    if arrow.label:
        middle = (x + end) / 2
        how, _, port = arrow.label.partition(" ")
        yield f'<text class="small" x="{middle:.1f}" y="{y - 11:.1f}" text-anchor="middle">{_text(how)}</text>'
        if port:
            yield f'<text class="small" x="{middle:.1f}" y="{y + 20:.1f}" text-anchor="middle">{_text(port)}</text>'


def _box_width(box: Box) -> float:
    return max(len(one_line(box.title)) * _LETTER, len(one_line(box.below)) * _SMALL) + 24


def _arrow_width(arrow: Arrow) -> float:
    return max(_ARROW, len(arrow.label.partition(" ")[0]) * _SMALL + 34)


def _width(drawing: Drawing) -> float:
    boxes, arrows = map(_box_width, drawing.boxes), map(_arrow_width, drawing.arrows)
    return sum(boxes) + sum(arrows) + 2 * _MARGIN


def _text(text: str) -> str:
    return escape(one_line(text))
