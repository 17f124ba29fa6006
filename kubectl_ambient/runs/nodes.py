"""How `status --nodes` prints: data to stdout, remarks to stderr."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.foreign import stacked
from kubectl_ambient.mesh.nodes import by_node
from kubectl_ambient.mesh.verdict import Verdict
from kubectl_ambient.render import nodes as text
from kubectl_ambient.render.documents import as_text
from kubectl_ambient.render.say import say
from kubectl_ambient.render.sentences import paragraphs, wrapped
from kubectl_ambient.render.status import of_mesh
from kubectl_ambient.render.terminal import Paint, colours, text_width, width
from kubectl_ambient.runs.status import Source
from kubectl_ambient.runs.told import tell_assumptions, tell_nothing_found


def print_nodes(source: Source, verdicts: Sequence[Verdict], *, output: str, headers: bool) -> None:
    """One row, one document or one name a node; `verdicts` are those of the pods of the source, in their order."""
    judge = source.judge
    rows = by_node(judge, zip(source.pods, verdicts, strict=True))
    if output in ("json", "yaml"):
        findings = source.mesh_findings(verdicts)
        if rows or not source.problems:
            aim = source.origin.aim
            document = text.node_status_list(rows, judge.installation, findings, judge.assumptions, aim)
            say(as_text(document, output))
        return
    if output == "name":
        for row in rows:
            if row.name:
                say(f"node/{row.name}")
        return
    if not rows:
        if not source.problems:
            tell_nothing_found("")
        return
    paint, told = Paint(colours(), source.origin.aim), source.headlines(verdicts)
    parts = [of_mesh(told, text_width(), paint)] if headers else []
    parts.append(text.node_table(rows, headers=headers, width=width(), paint=paint))
    if headers:
        sentence = wrapped(text.node_sentence(rows), text_width())
        notes = text.node_notes(rows, told, text_width(), paint)
        parts.append(stacked(part for part in (sentence, notes) if part))
    say(paragraphs(parts))
    tell_assumptions(judge.assumptions, source.origin)
