"""A plan for the eye: what would be set, the risks, what moves, and the way back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubectl_ambient.change.change_plan import ChangePlan
from kubectl_ambient.change.words import grouped
from kubectl_ambient.foreign import Shown, one_line, shown, stacked
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.risks.risk import Risk
from kubectl_ambient.render.change import wrapped
from kubectl_ambient.render.risks import MARKS
from kubectl_ambient.render.sentences import folded, paragraphs
from kubectl_ambient.render.terminal import Paint
from kubectl_ambient.shell.aim import Aim

_COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}
_MOST = 4
_NAMES = 10


def plan_text(
    plan: ChangePlan, moves: Sequence[str], assumptions: Sequence[str], *, width: int, paint: Paint, aim: Aim
) -> Shown:
    """The whole plan. moves: the lines about what moves."""
    undo: list[str] = [wrapped("undo: ", ("", plan.undo), width, aim)] if plan.undo else []
    return paragraphs(
        [
            stacked(line for line in _edits(plan, width, aim)),
            *(_risks(alike, width, paint, aim) for alike in grouped((r.code, r) for r in plan.risks).values()),
            stacked(moves),
            stacked(wrapped("‼ ", note, width, aim) for note in plan.notes),
            stacked(wrapped("assumed: ", text, width) for text in assumptions),
            stacked([*undo, "Nothing was sent."]),
        ]
    )


def _edits(plan: ChangePlan, width: int, aim: Aim) -> Iterator[str]:
    found = grouped(((e.field, e.before, e.after, e.action, aim.say(e.why)), e.object) for e in plan.edits)
    for (field, before, after, action, why), objects in found.items():
        key = field.partition("[")[2].removesuffix("]")
        yield wrapped("", f"{few(objects, _NAMES)}: {_edit(key, before, after, action, why)}", width)


def _edit(key: str, before: str | None, after: str | None, action: str, why: str) -> str:
    if action == "refuse":
        return f"refused: {why}"
    was = f"{key}={before}" if before is not None else f"no {key}"
    if action == "keep":
        return f"stays as it is ({why})" if why else f"stays as it is ({was})"
    return f"{key}={after} would be set (now: {was})" if after is not None else f"{was} would be taken off"


def _risks(risks: Sequence[Risk], width: int, paint: Paint, aim: Aim) -> Shown:
    """All of one code; what holds for each of them stands once, below."""
    first = risks[0]
    lines: list[str] = [shown(paint(MARKS[first.severity], _COLOURS[first.severity]), " ", first.code.value)]
    for risk in risks:
        lines += _risk(risk, width, aim)
    for remedy in dict.fromkeys(risk.remedy for risk in risks if risk.remedy):
        lines += folded(remedy, width, first="  note  ", rest="        ")
    lines.append(shown("  page  ", first.code.page))
    return stacked(lines)


def _risk(risk: Risk, width: int, aim: Aim) -> Iterator[str]:
    yield from folded(f"{risk.message[:1].upper()}{risk.message[1:]}.", width, first="  ", rest="  ")
    if risk.affects:
        yield from _listed("hits", risk.affects, width)
    if risk.evidence:
        yield from _listed("seen", [_seen(evidence) for evidence in risk.evidence], width)
    if risk.fix:
        yield wrapped("  fix   ", ("", risk.fix), width, aim)


def _listed(head: str, found: Sequence[str], width: int) -> Iterator[str]:
    for number, text in enumerate(found[:_MOST]):
        yield from folded(one_line(text), width, first=f"  {head if not number else '':<4}  ", rest=" " * 10)
    if len(found) > _MOST:
        yield f"        … and {len(found) - _MOST} more: -o json lists them all"


def _seen(evidence: Evidence) -> str:
    value = "not set" if evidence.value is None else evidence.value
    return f"{evidence.object} {evidence.field}: {value}"
