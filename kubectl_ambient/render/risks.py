"""Risks in short, beside what else is told of a change: the plan has them in full."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.mesh.catalogue import Severity
from kubectl_ambient.mesh.risks.risk import Risk
from kubectl_ambient.render.change import wrapped

MARKS: dict[Severity, str] = {"error": "✖", "warning": "‼", "info": "·"}
_MOST = 8


def risk_lines(risks: Sequence[Risk], width: int) -> list[str]:
    """A sentence for each error and each warning, and where there is more to read."""
    grave = [risk for risk in risks if risk.severity != "info"]
    lines: list[str] = [
        wrapped(f"{MARKS[risk.severity]} ", f"{risk.code}: {risk.message}", width) for risk in grave[:_MOST]
    ]
    if len(grave) > _MOST:
        lines.append(f"  and {len(grave) - _MOST} more risks")
    if grave:
        lines.append("  evidence, whom it hits, and what helps: the same with --plan")
    return lines


def not_changed(risks: Sequence[Risk]) -> str:
    """That a run was refused by its risks."""
    count = "1 risk is" if len(risks) == 1 else f"{len(risks)} risks are"
    return f"error: nothing was changed: {count} as grave as --fail-on names" if risks else "error: nothing was changed"
