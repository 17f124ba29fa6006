"""`labels` of objects as text: the mistakes, what is set, and what is inherited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from kubectl_ambient.foreign import Shown, shown, stacked
from kubectl_ambient.mesh.evidence import Finding
from kubectl_ambient.mesh.labels.judge import Report
from kubectl_ambient.mesh.labels.settings import Setting
from kubectl_ambient.render.sentences import MARK, folded
from kubectl_ambient.render.table import Short, fitting, marked, shorten, table
from kubectl_ambient.render.terminal import Paint

_SHORT = {
    "Namespace": "ns",
    "Deployment": "deploy",
    "StatefulSet": "sts",
    "DaemonSet": "ds",
    "CronJob": "cj",
    "Service": "svc",
    "GatewayClass": "gatewayclass",
}
_WHERE = {
    ("own", "label"): "",
    ("own", "annotation"): "annotation",
    ("spec", "label"): "spec.labels",
    ("template", "label"): "pod template",
    ("template", "annotation"): "pod template, annotation",
}


_SHORTER = (
    Short("LABEL", "end", 48),
    Short("FILE", "start", 20),
    Short("OBJECT", "middle", 20),
    Short("NAMESPACE", "middle", 12),
    Short("LABEL", "end", 24),
    Short("OBJECT", "middle", 12),
    Short("FILE", "start", 12),
)


def one(report: Report, *, width: int, columns: int, paint: Paint) -> Shown:
    """One object: first what is wrong, then what is set, then what it inherits; values are cut where `columns` end."""
    labelled = report.labelled
    file = f" ({labelled.place})" if labelled.place else ""
    lines: list[str] = [paint(f"{labelled.ref}{file}", "bold")]
    for finding in report.findings:
        lines += _finding(finding, report, width, paint)
    lines += [_row(f"{s.key}={s.value}", _remark(s), columns) for s in report.settings]
    lines += [_row(f"{i.key}={i.value}", i.message, columns) for i in report.inherited]
    if not report.settings and not report.inherited:
        lines.append("  no label or annotation of Istio, and none inherited")
    return stacked(lines)


def _remark(setting: Setting) -> str:
    where = _WHERE[setting.holder, setting.source]
    return f"{where}, but metadata.labels wins" if setting.beaten else where


def _row(text: str, remark: str, columns: int) -> str:
    note = f"   ({remark})" if remark else ""
    return f"  {shorten(text, max(columns - 2 - len(note), 40))}{note}"


def table_of(reports: Sequence[Report], *, headers: bool, only: bool, width: int, paint: Paint) -> Shown:
    """One row for each label that somebody has set, marked where it is wrong; only: just these.

    A narrow terminal loses the ends of values, then parts of names; and the namespace, where there is only one.
    """
    found = [row for report in reports for row in _rows(report, only, paint)]
    names, rows = marked(["NAMESPACE", "OBJECT", "LABEL", "IN", "FILE"], found)
    for column in ("FILE", "IN"):
        at = names.index(column)
        if not any(row[at] for row in rows):
            names.pop(at)
            rows = [[*row[:at], *row[at + 1 :]] for row in rows]
    droppable = ("NAMESPACE",) if len({row[0] for row in rows}) == 1 else ()
    kept, cells = fitting(names, rows, width, droppable, _SHORTER)
    return table(kept, cells, with_headers=headers)


def _rows(report: Report, only: bool, paint: Paint) -> Iterator[list[str]]:
    labelled = report.labelled
    wrong = {evidence.field for finding in report.findings for evidence in finding.evidence}
    namespace = labelled.name if labelled.kind == "Namespace" else labelled.namespace or "-"
    kind = _SHORT.get(labelled.kind, labelled.kind.lower())
    name = kind if labelled.kind == "Namespace" else f"{kind}/{labelled.name}"
    for setting in report.own:
        mark = paint(MARK, "red") if setting.field in wrong else ""
        if mark or not only:
            where = _WHERE[setting.holder, setting.source]
            yield [namespace, name, f"{setting.key}={setting.value}", where, labelled.place, mark]


def summary(reports: Sequence[Report], further: str, *, whole: bool, width: int, paint: Paint) -> Shown:
    """How many labels were found and how many are wrong, and then each mistake with the command that mends it.

    further: what was not looked at. whole: all that was asked about could be read.
    """
    labels = sum(len(report.own) for report in reports)
    wrong = [finding for report in reports for finding in report.findings]
    objects = f"{len(reports)} object{'' if len(reports) == 1 else 's'}"
    said = "nothing is wrong" if not wrong else f"{len(wrong)} mistake{'' if len(wrong) == 1 else 's'}"
    read = "" if whole else " that could be read"
    lines: list[str] = [f"{labels} label{'' if labels == 1 else 's'} on {objects}{read}: {said}."]
    lines += [further] if further else []
    for finding, also in _told_once(reports):
        lines += _finding(finding, None, width, paint, also)
    return stacked(lines)


def _told_once(reports: Sequence[Report]) -> Iterator[tuple[Finding, int]]:
    """The mistakes; that of several pods of one owner is told for the first one, with the number of the others."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for report in reports:
        owner = f"{report.labelled.namespace}/{report.labelled.owner}" if report.labelled.owner else ""
        for finding in report.findings:
            same = [owner, finding.code, *(f"{e.field}={e.value}" for e in finding.evidence)]
            key = tuple(same) if owner else (report.labelled.ref, report.labelled.place, *same)
            place = report.labelled.place
            groups.setdefault(key, []).append(
                replace(finding, message=f"{place}: {finding.message}") if place else finding
            )
    for group in groups.values():
        yield group[0], len(group) - 1


def _finding(finding: Finding, report: Report | None, width: int, paint: Paint, also: int = 0) -> list[str]:
    message = finding.message
    if report is not None:
        message = message.removeprefix(f"{report.labelled.ref}: ")
    more = f" (and {also} more of its owner)" if also else ""
    first, *rest = folded(f"{MARK} {message}{more}. [{finding.code}]", max(width, 40), rest="  ")
    head = shown(paint(MARK, "red"), first.removeprefix(MARK))
    command = paint.command(finding.fix)
    return [head, *rest, *([f"    {command}"] if command else [])]
