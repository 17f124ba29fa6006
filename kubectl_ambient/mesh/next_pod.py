"""What the next pod of a workload would be."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from kubectl_ambient.mesh.catalogue import Expected
from kubectl_ambient.mesh.enrolment.deciding import Decision
from kubectl_ambient.mesh.injection import Injection

AfterRestart = Literal["ambient", "sidecar", "none", "unknown"]


class NextPod(Struct, frozen=True, kw_only=True, gc=False):
    """What the next pod of a workload would be, and why. `decision` is that on a pod without a sidecar."""

    becomes: AfterRestart
    decision: Decision
    injection: Injection

    @property
    def why(self) -> str:
        """What decides: the sidecar where there will be one or may be, else the rules of enrolment."""
        by_injector = self.becomes == "sidecar" or self.injection.injected is None
        return self.injection.message if by_injector else self.decision.because.message


_BECOMES: dict[Expected, AfterRestart] = {"in": "ambient", "out": "none", "unknown": "unknown"}


def next_pod_of(injection: Injection, decision: Decision) -> NextPod:
    """Where a sidecar is injected it wins; where none is, the rules of enrolment tell."""
    becomes: AfterRestart = "unknown"
    if injection.injected:
        becomes = "sidecar"
    elif injection.injected is False:
        becomes = _BECOMES[decision.expected]
    return NextPod(becomes=becomes, decision=decision, injection=injection)
