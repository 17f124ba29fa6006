"""`waypoint explain` as text: the answer first, the rules next, who goes through the waypoint, the way out last."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.foreign import Shown, one_line, shown, stacked
from kubectl_ambient.mesh.catalogue import Code, WaypointReason
from kubectl_ambient.mesh.evidence import tells
from kubectl_ambient.mesh.installation.versions import OLDEST
from kubectl_ambient.mesh.waypoint.binding import Binding
from kubectl_ambient.mesh.waypoint.explained import Explained
from kubectl_ambient.mesh.waypoint.namespace import Group, NamespaceUse
from kubectl_ambient.mesh.waypoint.traffic import Client
from kubectl_ambient.render.sentences import folded, paragraphs, wrapped
from kubectl_ambient.render.steps import evidence_line, finding_text, what_to_do
from kubectl_ambient.render.table import table
from kubectl_ambient.render.terminal import Paint
from kubectl_ambient.render.waypoint.of_pod import waypoint_steps
from kubectl_ambient.render.waypoint.status import notes, summary

_MARKS = {True: ("✔", "green"), False: ("✖", "red"), None: ("?", "yellow")}


def explanation(explained: Explained, *, width: int, paint: Paint) -> Shown:
    """One object: the sentence, every rule with its evidence, the clients, istiod's word, and what to do."""
    binding, fixes = explained.binding, explained.fixes
    # Where there is something to do, it stands below, and the findings need not say it.
    commands = {finding.fix for finding in binding.findings if finding.fix} if fixes else set()
    parts = [
        _headline(binding, width, paint),
        waypoint_steps(binding.steps, binding.ref, width, paint),
        _clients(explained.clients, width, paint),
        wrapped(_word(explained), width),
        stacked(finding_text(f, commands, width, paint) for f in binding.findings),
        what_to_do(fixes, width, paint),
        f"Judged by the rules of Istio {explained.rules}."
        if explained.version >= OLDEST
        else f"The rules of Istio {explained.rules} are not known.",
    ]
    return paragraphs(parts)


def _headline(binding: Binding, width: int, paint: Paint) -> Shown:
    who = f"{binding.kind} {binding.namespace}/{binding.name}"
    message = f"{binding.message[:1].lower()}{binding.message[1:]}"
    dead = tells(binding.findings, Code.WAYPOINT_DEAD)
    if dead:
        message += " It is dead: connections fail."
    elif tells(binding.findings, Code.GATEWAY_IS_NO_WAYPOINT):
        dead, message = True, f"{message} It is no waypoint: connections fail there."
    text = wrapped(f"{who}: {message}", width)
    good = "red" if dead else "green"
    colour = good if binding.waypoint else "yellow" if binding.reason == WaypointReason.EVIDENCE_MISSING else "bold"
    return paint.within(text, one_line(who), colour)


def _clients(clients: Sequence[Client], width: int, paint: Paint) -> Shown:
    if not clients:
        return Shown()
    lines: list[str] = ["Who goes through it:"]
    for client in clients:
        mark = paint(*_MARKS[client.uses])
        told = folded(f"{client.title}: {client.why}", max(width - 4, 30))
        lines.append(stacked([shown("  ", mark, " ", told[0]), *told[1:]], "\n    "))
    return stacked(lines)


def _word(explained: Explained) -> str:
    """What istiod itself wrote, beside what the rules say."""
    binding, written = explained.binding, explained.binding.condition
    if written is not None:
        beside = {"agrees": "as judged here", "alone": "what decides here could not be read"}
        agrees = beside.get(explained.word, "which disagrees")
        return f"istiod wrote istio.io/WaypointBound {written.status} ({written.reason}): {agrees}."
    if explained.word == "never":
        objects = "pods" if binding.kind == "Pod" else "objects like this one"
        return f"istiod writes no condition about waypoints on {objects}."
    return "istiod wrote no condition istio.io/WaypointBound." if binding.named else ""


def namespace_text(use: NamespaceUse, *, width: int, paint: Paint) -> Shown:
    """One namespace: what it names, how much goes there, and what its own labels except."""
    parts = [
        paint(wrapped(f"{use.message}.", width), "bold"),
        stacked(f"  {evidence_line(evidence)}" for evidence in use.evidence),
        wrapped(summary(use.bindings), width)
        if use.bindings
        else "There is nothing in it that a waypoint could serve.",
        _groups(use.groups, width),
        _exceptions(use.exceptions, width),
        notes(use.bindings, namespaced=False, width=width, paint=paint),
        what_to_do(use.fixes, width, paint),
    ]
    return paragraphs(parts)


def _groups(groups: Sequence[Group], width: int) -> Shown:
    if not groups:
        return Shown()
    rows = [[one_line(cell) for cell in (g.kind, _waypoint(g), g.reason, str(len(g.names)))] for g in groups]
    taken = sum(max(len(row[i]) for row in rows) + 3 for i in range(3)) + len("OBJECTS") + 3
    room = max(min(width, 120) - taken, 12)
    named = [[*row, _as_many_as_fit(g.names, room)] for row, g in zip(rows, groups, strict=True)]
    return table(["KIND", "WAYPOINT", "REASON", "OBJECTS", "NAMES"], named)


def _waypoint(group: Group) -> str:
    return group.waypoint or ("?" if group.reason == WaypointReason.EVIDENCE_MISSING else "<none>")


def _as_many_as_fit(names: Sequence[str], room: int) -> str:
    """Whole names; at least one, and `…` for the rest."""
    names = [one_line(name) for name in names]
    text = ", ".join(names)
    shown = len(names)
    while len(text) > room and shown > 1:
        shown -= 1
        text = f"{', '.join(names[:shown])}, …"
    return text


def _exceptions(exceptions: Sequence[Binding], width: int) -> Shown:
    """Those whose own label decides, each by name."""
    if not exceptions:
        return Shown()
    lines = ["By a label of their own:"]
    for binding in exceptions:
        text = f"{binding.kind} {binding.name}: {binding.message[:1].lower()}{binding.message[1:]}"
        told = folded(text, max(width - 4, 30))
        lines += [f"  {told[0]}", *(f"    {line}" for line in told[1:])]
    return stacked(lines)
