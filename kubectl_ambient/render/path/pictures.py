"""`path -o mermaid|dot`: the picture of a path for programs that draw."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kubectl_ambient.foreign import Shown, one_line, stacked
from kubectl_ambient.mesh.path.answer import Answer
from kubectl_ambient.render.path.drawing import Drawing, drawings

_PLAIN = re.compile("[^A-Za-z0-9 ,.:/()_-]")
_CLASSES = {"end": "place"}  # `end` ends a subgraph


def picture(answers: Sequence[Answer], output: str) -> Shown:
    """The paths of all answers, in that format."""
    found = [drawing for answer in answers for drawing in drawings(answer)]
    if output == "svg":
        from kubectl_ambient.render.path.svg import svg

        return svg(found)
    lines = _mermaid(found) if output == "mermaid" else _dot(found)
    return stacked(lines)


def _mermaid(found: Sequence[Drawing]) -> Iterator[str]:
    yield "flowchart LR"
    for row, drawing in enumerate(found):
        yield f'  subgraph p{row}["{_entities(f"{drawing.headline}: {drawing.message}")}"]'
        yield "    direction LR"
        for at, box in enumerate(drawing.boxes):
            below = f"<br/>{_entities(box.below)}" if box.below else ""
            yield f'    p{row}b{at}["{_entities(box.title)}{below}"]:::{_CLASSES.get(box.kind, box.kind)}'
        for at, arrow in enumerate(drawing.arrows):
            line = "==x" if arrow.blocked else "==>" if arrow.encrypted else "-->"
            label = f'|"{_entities(arrow.label)}"|' if arrow.label else ""
            yield f"    p{row}b{at} {line}{label} p{row}b{at + 1}"
        yield "  end"
    yield "  classDef ztunnel fill:#ede9fe,stroke:#7c3aed"
    yield "  classDef waypoint fill:#ffedd5,stroke:#ea580c"
    yield "  classDef sidecar fill:#e0f2fe,stroke:#0284c7"
    yield "  classDef gateway fill:#fef9c3,stroke:#ca8a04"
    yield "  classDef place fill:#f1f5f9,stroke:#475569"


def _entities(text: str) -> str:
    """Mermaid's own way to write a character that could mean something to it."""
    return _PLAIN.sub(lambda found: f"#{ord(found[0])};", one_line(text))


def _dot(found: Sequence[Drawing]) -> Iterator[str]:
    yield "digraph path {"
    yield "  rankdir=LR"
    yield '  node [shape=box, style="rounded,filled", fillcolor="#f1f5f9", fontname="sans-serif"]'
    yield '  edge [fontname="sans-serif", fontsize=11]'
    for row, drawing in enumerate(found):
        yield f"  subgraph cluster_{row} {{"
        yield f"    label={_quoted(drawing.headline, drawing.message)}"
        for at, box in enumerate(drawing.boxes):
            yield f"    p{row}b{at} [label={_quoted(*filter(None, (box.title, box.below)))}]"
        for at, arrow in enumerate(drawing.arrows):
            how = [f"label={_quoted(arrow.label)}"] if arrow.label else []
            how += ["penwidth=2"] if arrow.encrypted else []
            how += ["color=red", "arrowhead=tee"] if arrow.blocked else []
            looks = f" [{', '.join(how)}]" if how else ""
            yield f"    p{row}b{at} -> p{row}b{at + 1}{looks}"
        yield "  }"
    yield "}"


def _quoted(*lines: str) -> str:
    r"""The lines as one text of DOT, in which only `"` and `\` mean anything."""
    escaped = (one_line(line).replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'
