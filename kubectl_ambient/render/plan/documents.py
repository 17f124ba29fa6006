"""`kind: ChangePlan`: a contract, held to by docs/schema/ChangePlan.json."""

from __future__ import annotations

from typing import Any

from kubectl_ambient.change.change_plan import ChangePlan, Move, PlannedEdit
from kubectl_ambient.mesh.risks.risk import Risk
from kubectl_ambient.render.documents import API_VERSION, evidence_document
from kubectl_ambient.shell.aim import Aim


def plan_document(plan: ChangePlan, aim: Aim) -> dict[str, Any]:
    """The plan; commands lead to where it was made."""
    return {
        "apiVersion": API_VERSION,
        "kind": "ChangePlan",
        "goal": plan.goal,
        "edits": [_edit(edit, aim) for edit in plan.edits],
        "moves": [_move(move) for move in plan.moves],
        "risks": [_risk(risk, aim) for risk in plan.risks],
        "undo": aim.text(plan.undo) if plan.undo else None,
        "summary": plan.summary,
        "assumptions": list(plan.assumptions),
    }


def _edit(edit: PlannedEdit, aim: Aim) -> dict[str, Any]:
    return {
        "object": edit.object,
        "field": edit.field,
        "before": edit.before,
        "after": edit.after,
        "action": edit.action,
        "why": aim.say(edit.why) if edit.why else None,
    }


def _move(move: Move) -> dict[str, Any]:
    return {
        "object": move.object,
        "namespace": move.namespace,
        "pod": move.pod,
        "owner": move.owner,
        "direction": move.direction,
        "when": move.when,
        "reason": move.reason,
        "message": move.message,
        "afterRestart": move.after_restart,
    }


def _risk(risk: Risk, aim: Aim) -> dict[str, Any]:
    return {
        "code": risk.code.value,
        "severity": risk.severity,
        "message": risk.message,
        "evidence": [evidence_document(e) for e in risk.evidence],
        "affects": list(risk.affects),
        "remedy": risk.remedy or None,
        "fix": aim.text(risk.fix) if risk.fix else None,
        "docs": risk.code.page,
    }
