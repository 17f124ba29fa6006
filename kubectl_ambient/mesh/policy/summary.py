"""Sums over policies, and what a gate fails on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubectl_ambient.mesh.evidence import breaks
from kubectl_ambient.mesh.policy.judge import PolicyVerdict

FAIL_ON = ("unknown", "error", "any")


def fails(verdicts: Sequence[PolicyVerdict], conditions: Iterable[str]) -> bool:
    """Whether any policy meets a condition of --fail-on.

    unknown: where it is enforced cannot be told. error: a finding of that severity. any: these, and every warning.
    """
    wanted = set(conditions)
    return any(_meets(verdict, condition) for condition in wanted for verdict in verdicts)


def _meets(verdict: PolicyVerdict, condition: str) -> bool:
    match condition:
        case "unknown":
            return verdict.unknown
        case "error":
            return breaks(verdict.findings)
        case _:
            return verdict.needs_attention
