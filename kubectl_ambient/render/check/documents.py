"""The document of `check`: a contract, held to by the schema in docs/schema."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kubectl_ambient.mesh.check.check import Hit
from kubectl_ambient.mesh.check.run import Report, Result
from kubectl_ambient.render.documents import API_VERSION, evidence_document
from kubectl_ambient.shell.aim import Aim


def check_report(report: Report, assumptions: Iterable[str], aim: Aim) -> dict[str, Any]:
    """`kind: CheckReport`: how many of each outcome, and the checks section by section."""
    return {
        "apiVersion": API_VERSION,
        "kind": "CheckReport",
        "assumptions": list(assumptions),
        "summary": report.count(),
        "sections": [
            {"name": name, "checks": [_check(result, aim) for result in results]} for name, results in report.sections()
        ],
    }


def _check(result: Result, aim: Aim) -> dict[str, Any]:
    return {
        "id": result.check.id,
        "title": result.check.title,
        "outcome": result.outcome,
        "message": result.message,
        "objects": result.objects,
        "docs": result.check.page,
        "findings": [_hit(hit, aim) for hit in result.hits],
        "unread": [str(unread) for unread in result.unread],
    }


def _hit(hit: Hit, aim: Aim) -> dict[str, Any]:
    return {
        "object": hit.object,
        "code": hit.code.value if hit.code else None,
        "severity": hit.severity,
        "message": hit.message,
        "evidence": [evidence_document(e) for e in hit.evidence],
        "fix": aim.text(hit.fix) if hit.fix else None,
    }
