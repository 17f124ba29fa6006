"""What `--fail-on` lets through."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.mesh.risks.risk import Risk, at_least
from kubectl_ambient.runs.change.request import ChangeRequest


def gated(risks: Sequence[Risk], request: ChangeRequest) -> list[Risk]:
    """The risks for which --fail-on was typed: warnings take in errors."""
    words = request.flags.gates
    return at_least(risks, "warning" if "warning" in words else "error") if words else []
