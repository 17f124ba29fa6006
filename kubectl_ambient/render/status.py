"""`status` as text: the rows, then what needs attention, then where to ask on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Namespace, Unread
from kubectl_ambient.foreign import Shown, stacked
from kubectl_ambient.mesh.catalogue import Code, Reason
from kubectl_ambient.mesh.evidence import Finding, tells
from kubectl_ambient.mesh.injection import INJECTION, REVISION
from kubectl_ambient.mesh.summary import NamespaceRow, count, needs_attention
from kubectl_ambient.mesh.verdict import Verdict
from kubectl_ambient.render.rows import Rows
from kubectl_ambient.render.sentences import MARK, gravest_first, note, notes_text, sentence
from kubectl_ambient.render.steps import finding_text
from kubectl_ambient.render.table import Short, fitting, marked, table
from kubectl_ambient.render.terminal import Paint
from kubectl_ambient.shell.command import Command

_STATE_COLOUR = {
    "Enrolled": "green",
    "Pending": "yellow",
    "Starting": "yellow",
    "NotEnrolled": "red",
    "Stale": "red",
    "Unknown": "yellow",
}
_SERVED_COLOUR = {"yes": "green", "no": "red", "blocked": "red", "unknown": "yellow"}
_MOST_NAMES = 5
_SHORT = (Short("NAME", "middle", 30), Short("NAMESPACE", "middle", 16), Short("NAME", "middle", 16))


def pod_table(
    verdicts: Sequence[Verdict], *, namespaced: bool, wide: bool, headers: bool, width: int, paint: Paint
) -> Shown:
    """One row a pod, marked where it needs attention. Narrow terminals lose NODE, then MODE, then parts of names.

    Where ztunnels were asked, SERVED is what they say.
    """
    names, rows = marked(_names(namespaced, wide), [_pod_row(v, namespaced, wide, paint) for v in verdicts])
    if any(verdict.proof for verdict in verdicts):
        at = names.index("STATE") + 1
        names.insert(at, "SERVED")
        for row, verdict in zip(rows, verdicts, strict=True):
            served = verdict.proof.served if verdict.proof else "-"
            row.insert(at, paint(served, _SERVED_COLOUR.get(served, "")))
    kept, cells = fitting(names, rows, width, _droppable(wide), () if wide else _SHORT)
    return table(kept, cells, with_headers=headers)


def of_mesh(findings: Iterable[Finding], width: int, paint: Paint) -> Shown:
    """What is true of the mesh and so of all its pods, above them."""
    return stacked(finding_text(finding, (), width, paint) for finding in gravest_first(findings))


class PodRows(Rows):
    """The rows of pods that go on: those of `verdicts`, and those that follow."""

    def __init__(
        self,
        verdicts: Sequence[Verdict],
        *,
        namespaced: bool,
        wide: bool,
        headers: bool,
        width: int,
        paint: Paint,
        timestamps: bool = False,
    ) -> None:
        self._namespaced, self._wide, self._paint = namespaced, wide, paint
        super().__init__(
            _names(namespaced, wide),
            [_pod_row(v, namespaced, wide, paint) for v in verdicts],
            {"MODE": "ambient", "STATE": TERMINATING, "REASON": Reason.NAMESPACE_LABEL},
            width=width,
            droppable=(*_droppable(wide), "REASON") if timestamps else _droppable(wide),
            short=() if wide else (*_SHORT, Short("NAMESPACE", "middle", 12)),
            headers=headers,
            timestamps=timestamps,
        )

    def changed(self, verdict: Verdict, at: datetime | None = None) -> Shown:
        """The row of a pod that changed; `at`: when that was seen."""
        row = _pod_row(verdict, self._namespaced, self._wide, self._paint)
        if is_terminating(verdict):
            row[_names(self._namespaced, self._wide).index("STATE")] = self._paint(TERMINATING, "yellow")
        return self.line(row, at)

    def gone(self, verdict: Verdict, at: datetime | None = None) -> Shown:
        """The row of a pod that is there no more, with `verdict` as the last that was told of it."""
        row = [verdict.namespace] if self._namespaced else []
        row += [verdict.name, "-", "Gone", "-", verdict.node or "<none>"]
        row += ["-", "-", "-", verdict.owner or "<none>", "-"] if self._wide else []
        return self.line([*row, ""], at)


TERMINATING = Code.TERMINATING.value


def is_terminating(verdict: Verdict) -> bool:
    """Whether the pod is being deleted, which a watch tells as kubectl does, in place of its state."""
    return tells(verdict.findings, Code.TERMINATING)


def _names(namespaced: bool, wide: bool) -> list[str]:
    names = ["NAMESPACE"] if namespaced else []
    names += ["NAME", "MODE", "STATE", "REASON", "NODE"]
    if wide:
        names += ["EXPECTED", "OBSERVED", "AFTER-RESTART", "OWNER", "WAYPOINT"]
    return names


def _droppable(wide: bool) -> tuple[str, ...]:
    return () if wide else ("NODE", "MODE")


def _pod_row(verdict: Verdict, namespaced: bool, wide: bool, paint: Paint) -> list[str]:
    row = [verdict.namespace] if namespaced else []
    state = paint(verdict.state, _STATE_COLOUR.get(verdict.state, ""))
    row += [verdict.name, verdict.mode, state, verdict.reason, verdict.node or "<none>"]
    if wide:
        row += [verdict.expected, verdict.observed, verdict.after_restart]
        row += [verdict.owner or "<none>", verdict.waypoint or ("<none>" if verdict.waypoint_known else "?")]
    return [*row, paint(MARK, "red") if needs_attention(verdict) or verdict.unserved else ""]


def namespace_table(rows: Sequence[NamespaceRow], *, headers: bool, width: int, paint: Paint) -> Shown:
    """One row a namespace, in numbers; zeros are dashes, so that what is there stands out."""
    unserved = any(row.unserved for row in rows)  # a healthy mesh has no such column
    names = ["NAMESPACE", "LABEL", "PODS", "IN", *(("NOT-SERVED",) if unserved else ()), "OUT"]
    names, cells = marked(
        [*names, "PENDING", "DISAGREE", "UNKNOWN"], [_namespace_row(row, unserved, paint) for row in rows]
    )
    # Where it takes room, columns of nothing but dashes make it, before texts do.
    empty = [name for name, field in _MAY_GO.items() if unserved and not any(getattr(row, field) for row in rows)]
    short: tuple[Short, ...] = (Short("LABEL", "end", 12), Short("NAMESPACE", "middle", 12))
    if unserved:
        short = (*short, Short("NAMESPACE", "middle", 9), Short("LABEL", "end", 6))
    kept, cells = fitting(names, cells, width, empty, short)
    return table(kept, cells, with_headers=headers)


_MAY_GO = {"UNKNOWN": "unknown", "PENDING": "pending"}


def _namespace_row(row: NamespaceRow, unserved: bool, paint: Paint) -> list[str]:
    inside = (row.inside, row.unserved) if unserved else (row.inside,)
    numbers = (row.pods, *inside, row.out, row.pending, row.disagree, row.unknown)
    label = TERMINATING if row.terminating else "<unknown>" if row.label is None else row.label
    return [row.name, label, *(str(n) if n else "-" for n in numbers), paint(MARK, "red") if row.attention else ""]


def notes(verdicts: Iterable[Verdict], *, namespaced: bool, width: int, paint: Paint) -> Shown:
    """Why each marked pod is marked, and what mends it; what is true of many is told once, below their names."""
    groups: dict[str, dict[tuple[str, str], list[Verdict]]] = {}
    for verdict in verdicts:
        if needs_attention(verdict):
            owners = groups.setdefault(_why(verdict), {})
            owners.setdefault((verdict.namespace, verdict.owner or verdict.name), []).append(verdict)
    return notes_text(
        [
            note(_names_of(owners.values(), namespaced), why, width, paint, [_fix(pods[0]) for pods in owners.values()])
            for why, owners in groups.items()
        ]
    )


def _names_of(owners: Iterable[Sequence[Verdict]], namespaced: bool) -> list[str]:
    """A name for each owner; of many the first few."""
    owners = list(owners)
    names = [_name_of(pods, namespaced) for pods in owners[:_MOST_NAMES]]
    rest = sum(map(len, owners[_MOST_NAMES:]))
    return [*names, f"and {_number(rest, 'more pod')}"] if rest else names


def _name_of(pods: Sequence[Verdict], namespaced: bool) -> str:
    name = f"{pods[0].namespace}/{pods[0].name}" if namespaced else pods[0].name
    return f"{name} (and {len(pods) - 1} more of {pods[0].owner})" if len(pods) > 1 else name


def _why(verdict: Verdict) -> str:
    """The sentence of a verdict that is not as intended, else its most severe finding."""
    return _with_cause(verdict) if _tells_state(verdict) else sentence(gravest_first(verdict.findings)[0])


def _fix(verdict: Verdict) -> Command | None:
    """What mends that: the command of the finding that is told, or of the one that names what is in the way."""
    if not _tells_state(verdict):
        return gravest_first(verdict.findings)[0].fix
    told = _with_cause(verdict).lower()
    return next((f.fix for f in gravest_first(verdict.findings) if f.fix and f.message.lower() in told), None)


def _tells_state(verdict: Verdict) -> bool:
    """Whether the state itself is what is wrong; what is intended for a gateway is the mistake."""
    if tells(verdict.findings, Code.GATEWAY_CAPTURED):
        return False
    return verdict.state in ("NotEnrolled", "Stale", "Pending", "Unknown")


def _with_cause(verdict: Verdict) -> str:
    """The message, and why the agent that it misses is not there, which the finding tells."""
    told = verdict.message
    for finding in verdict.findings:
        if finding.code == Code.AGENT_MISSING:
            missing, _, cause = finding.message.partition(": ")
            told = told.replace(missing, f"{missing} ({cause})", 1) if cause else told
    return told


def namespace_sentence(name: str, namespace: Namespace | Unread | None, verdicts: Sequence[Verdict]) -> str:
    """`Namespace shop asks for ambient and for sidecars. 1 of 6 pods is in ambient mode.`"""
    pods = share(count(verdicts))
    pods = f"{pods[:1].upper()}{pods[1:]}"
    if not isinstance(namespace, Namespace):
        return f"The labels of namespace {name} could not be read ({namespace or 'not asked for'}). {pods}"
    ends = ", and is being deleted" if namespace.deleting is not None else ""
    return f"Namespace {name} {asks_for(namespace)}{ends}. {pods}"


def share(n: Mapping[str, int]) -> str:
    """`1 of 6 pods is in ambient mode.`; at least so many, where not all can be told; and how many are not served."""
    least = "at least " if n["Unknown"] else ""
    pods = "pod" if n["pods"] == 1 else "pods"
    verb = "is" if 1 in (n["Enrolled"], n["pods"]) else "are"
    told = f"{least}{n['Enrolled']} of {n['pods']} {pods} {verb} in ambient mode"
    unserved = n.get("unserved", 0)
    return f"{told}, and {unserved} {'is' if unserved == 1 else 'are'} NOT served." if unserved else f"{told}."


def asks_for(namespace: Namespace) -> str:
    """What the labels of a namespace ask for, as a verb: `asks for ambient and for sidecars`."""
    mode, injection = namespace.labels.get(DATAPLANE_MODE), namespace.labels.get(INJECTION)
    wishes = []
    if mode == "ambient":
        wishes.append("for ambient")
    elif mode is not None:
        wishes.append(f"for {DATAPLANE_MODE}={mode}")
    if injection == "enabled":
        wishes.append("for sidecars")
    elif injection is None and REVISION in namespace.labels:
        wishes.append(f"for sidecars of revision {namespace.labels[REVISION]}")
    return f"asks {' and '.join(wishes)}" if wishes else "asks for nothing"


def total_sentence(rows: Sequence[NamespaceRow]) -> str:
    """`12 namespaces, 412 pods: 260 in ambient mode, 151 out as intended, 1 disagrees.`"""
    fields = ("pods", "inside", "unserved", "out", "pending", "disagree", "unknown")
    total = {f: sum(getattr(r, f) for r in rows) for f in fields}
    unserved = f", {total['unserved']} of them NOT served" if total["unserved"] else ""
    parts = [f"{total['inside']} in ambient mode{unserved}", f"{total['out']} out as intended"]
    parts += [f"{total['pending']} pending"] if total["pending"] else []
    parts += [f"{total['disagree']} disagree{'s' if total['disagree'] == 1 else ''}"] if total["disagree"] else []
    parts += [f"{total['unknown']} unknown"] if total["unknown"] else []
    return f"{_number(len(rows), 'namespace')}, {_number(total['pods'], 'pod')}: {', '.join(parts)}."


def _number(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"
