"""`waypoint list` as text: one row a waypoint, then what needs attention."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubectl_ambient.foreign import Shown, shown, stacked
from kubectl_ambient.mesh.selectors import as_text
from kubectl_ambient.mesh.waypoint.list import Uses, Waypoint
from kubectl_ambient.mesh.waypoint.list_findings import findings_of, needs_attention
from kubectl_ambient.render.sentences import MARK, folded, gravest_first, sentence
from kubectl_ambient.render.table import Short, fitting, marked, table
from kubectl_ambient.render.terminal import Paint

_NONE, _UNKNOWN = "<none>", "<unknown>"
_SHORT = {"Service": "svc", "ServiceEntry": "se", "Pod": "pod", "WorkloadEntry": "we"}
_SHORTER = (
    Short("NAME", "middle", 24),
    Short("USED-BY", "end", 16),
    Short("NAMESPACE", "middle", 12),
    Short("NAME", "middle", 12),
)


def waypoint_table(
    found: Sequence[Waypoint], *, namespaced: bool, wide: bool, headers: bool, width: int, paint: Paint
) -> Shown:
    """One row a waypoint, marked where it needs attention. Narrow terminals lose ADDRESS, ROUTES, parts of names."""
    names = ["NAMESPACE"] if namespaced else []
    names += ["NAME", "FOR", "ADDRESS", "PROGRAMMED", "PODS", "ROUTES", "USED-BY"]
    if wide:
        names += ["CLASS", "REVISION", "ISTIOD", "SELECTOR"]
    names, rows = marked(names, [_row(waypoint, namespaced, wide, paint) for waypoint in found])
    kept, cells = fitting(names, rows, width, *(((), ()) if wide else (("ADDRESS", "ROUTES"), _SHORTER)))
    return table(kept, cells, with_headers=headers)


def _row(waypoint: Waypoint, namespaced: bool, wide: bool, paint: Paint) -> list[str]:
    gateway, routes, owner = waypoint.gateway, waypoint.routes, waypoint.owner
    row = [gateway.namespace] if namespaced else []
    pods = _UNKNOWN if waypoint.pods is None else f"{waypoint.ready}/{waypoint.pods}"
    word = _UNKNOWN if waypoint.takes.word is None else waypoint.takes.word or '""'
    address = gateway.addresses[0] if gateway.addresses else _NONE
    programmed = _UNKNOWN if waypoint.programmed is None else str(waypoint.programmed)
    row += [gateway.name, word, address, programmed, pods, routes.allowed_from, used_by(waypoint.uses)]
    if wide:
        selector = as_text(routes.selector) if routes.selector else _NONE
        row += [gateway.class_name or _NONE, owner.revision or _UNKNOWN, owner.istiod or _UNKNOWN, selector]
    return [*row, paint(MARK, "red") if needs_attention(waypoint) else ""]


def used_by(uses: Uses) -> str:
    """`1 ns, 5 svc, 1 canary`; a dash for nobody, a question mark for what could not be read beside what could."""
    numbers = {"ns": uses.namespaces, **{_SHORT[kind]: number for kind, number in uses.served.items()}}
    if all(number is None for number in numbers.values()):
        return _UNKNOWN
    numbers["canary"] = uses.canaries or 0
    return ", ".join(f"{'?' if n is None else n} {word}" for word, n in numbers.items() if n != 0) or "-"


def summary(found: Sequence[Waypoint]) -> str:
    """`2 waypoints: 1 needs attention.`"""
    number = len(found)
    bad = sum(map(needs_attention, found))
    said = "nothing is wrong" if not bad else "1 needs attention" if bad == 1 else f"{bad} need attention"
    return f"{number} waypoint{'' if number == 1 else 's'}: {said}."


def notes(found: Iterable[Waypoint], *, namespaced: bool, width: int, paint: Paint) -> Shown:
    """What is wrong with each of them, gravest first, with the command to look further or to mend it."""
    lines: list[str] = []
    for waypoint in found:
        findings = gravest_first(findings_of(waypoint))
        if findings:
            name = waypoint.gateway.key if namespaced else waypoint.gateway.name
            mark = paint(MARK, "red") if needs_attention(waypoint) else paint("·", "dim")
            lines.append(shown(mark, " ", name))
        for finding in findings:
            lines += folded(sentence(finding), max(width, 42), first="  ", rest="  ")
            command = paint.command(finding.fix)
            lines += [f"  → {command}"] if command else []
    return stacked(lines)
