"""`labels` of objects as text: the mistakes, what is set, and what is inherited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubectl_ambient.foreign import Shown, one_line, shown, stacked
from kubectl_ambient.mesh.evidence import Finding
from kubectl_ambient.mesh.labels.judge import Report
from kubectl_ambient.mesh.labels.settings import Setting
from kubectl_ambient.render.sentences import MARK, folded
from kubectl_ambient.render.table import marked, table
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


def one(report: Report, *, width: int, paint: Paint) -> Shown:
    """One object: first what is wrong, then what is set, then what it inherits."""
    lines: list[str] = [paint(report.labelled.ref, "bold")]
    for finding in report.findings:
        lines += _finding(finding, report, width, paint)
    lines += [_row(f"{s.key}={s.value}", _remark(s)) for s in report.settings]
    lines += [_row(f"{i.key}={i.value}", i.message) for i in report.inherited]
    if not report.settings and not report.inherited:
        lines.append("  no label or annotation of Istio, and none inherited")
    return stacked(lines)


def _remark(setting: Setting) -> str:
    where = _WHERE[setting.holder, setting.source]
    return f"{where}, but metadata.labels wins" if setting.beaten else where


def _row(text: str, remark: str) -> str:
    text = one_line(text)
    short = text if len(text) <= 120 else f"{text[:119]}…"
    return f"  {short}   ({remark})" if remark else f"  {short}"


def table_of(reports: Sequence[Report], *, headers: bool, paint: Paint) -> Shown:
    """One row for each label that somebody has set, marked where it is wrong."""
    names = ["NAMESPACE", "OBJECT", "LABEL", "IN"]
    names, rows = marked(names, [row for report in reports for row in _rows(report, paint)])
    if not any(row[3] for row in rows):
        names.pop(3)
        rows = [[*row[:3], *row[4:]] for row in rows]
    return table(names, rows, with_headers=headers)


def _rows(report: Report, paint: Paint) -> Iterator[list[str]]:
    labelled = report.labelled
    wrong = {evidence.field for finding in report.findings for evidence in finding.evidence}
    namespace = labelled.name if labelled.kind == "Namespace" else labelled.namespace or "-"
    kind = _SHORT.get(labelled.kind, labelled.kind.lower())
    name = kind if labelled.kind == "Namespace" else f"{kind}/{labelled.name}"
    for setting in report.own:
        text = one_line(f"{setting.key}={setting.value}")
        mark = paint(MARK, "red") if setting.field in wrong else ""
        yield [namespace, name, text[:100], _WHERE[setting.holder, setting.source], mark]


def summary(reports: Sequence[Report], *, whole: bool, width: int, paint: Paint) -> Shown:
    """How many labels were found and how many are wrong, and then each mistake with the command that mends it.

    whole: all that was asked about could be read.
    """
    labels = sum(len(report.own) for report in reports)
    wrong = [finding for report in reports for finding in report.findings]
    objects = f"{len(reports)} object{'' if len(reports) == 1 else 's'}"
    said = "nothing is wrong" if not wrong else f"{len(wrong)} mistake{'' if len(wrong) == 1 else 's'}"
    read = "" if whole else " that could be read"
    lines = ["", f"{labels} label{'' if labels == 1 else 's'} on {objects}{read}: {said}."]
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
            key = tuple(same) if owner else (report.labelled.ref, *same)
            groups.setdefault(key, []).append(finding)
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
