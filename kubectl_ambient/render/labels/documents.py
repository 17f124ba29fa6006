"""`kind: LabelReference` and `kind: LabelList`: what `labels -o json` prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kubectl_ambient.mesh.installation.versions import OLDEST, Version
from kubectl_ambient.mesh.labels.context import Context
from kubectl_ambient.mesh.labels.entry import Entry, Place
from kubectl_ambient.mesh.labels.judge import Report
from kubectl_ambient.mesh.labels.settings import Inherited, Setting
from kubectl_ambient.render.documents import API_VERSION, finding_document
from kubectl_ambient.shell.aim import Aim


def label_reference(entries: Iterable[Entry]) -> dict[str, Any]:
    """The reference, or a part of it."""
    return {"apiVersion": API_VERSION, "kind": "LabelReference", "items": [_entry(entry) for entry in entries]}


def label_list(reports: Sequence[Report], context: Context, assumptions: Sequence[str], aim: Aim) -> dict[str, Any]:
    """Objects with what is set, inherited and wrong."""
    severities = [finding.severity for report in reports for finding in report.findings]
    return {
        "apiVersion": API_VERSION,
        "kind": "LabelList",
        "istio": {
            "cniVersions": [str(version) for version in context.cni_versions],
            "istiodVersions": [str(version) for version in context.istiod_versions],
            "customSelectors": context.custom,
        },
        "assumptions": list(assumptions),
        "summary": {
            "objects": len(reports),
            **{severity: severities.count(severity) for severity in ("error", "warning", "info")},
        },
        "items": [_report(report, aim) for report in reports],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "key": entry.key,
        "type": entry.source,
        "status": entry.status,
        "places": [_place(place) for place in entry.places],
        "values": {"text": entry.values.text, "words": list(entry.values.words)},
        "readBy": entry.read_by,
        "writtenByIstio": entry.by_istio,
        "effect": entry.effect,
        "pitfalls": list(entry.pitfalls),
    }


def _place(place: Place) -> dict[str, Any]:
    return {"kind": place.kind, "since": since(place.since)}


def since(version: Version) -> str | None:
    """`1.24`; None for what the oldest known version has already."""
    return None if version <= OLDEST else f"{version.major}.{version.minor}"


def _report(report: Report, aim: Aim) -> dict[str, Any]:
    labelled = report.labelled
    return {
        "kind": labelled.kind,
        "namespace": labelled.namespace or None,
        "name": labelled.name,
        "file": labelled.place or None,
        "set": [_setting(setting) for setting in report.settings],
        "inherited": [_inherited(found) for found in report.inherited],
        "findings": [finding_document(finding, aim) for finding in report.findings],
    }


def _setting(setting: Setting) -> dict[str, Any]:
    return {"field": setting.field, "type": setting.source, "key": setting.key, "value": setting.value}


def _inherited(found: Inherited) -> dict[str, Any]:
    return {
        "key": found.key,
        "value": found.value,
        "from": found.origin,
        "holds": found.holds,
        "message": found.message,
    }
