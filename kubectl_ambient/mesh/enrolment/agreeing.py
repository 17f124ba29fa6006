"""One decision of several: where the version is not known, all that may run are asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import structs

from kubectl_ambient.mesh.catalogue import Reason
from kubectl_ambient.mesh.enrolment.deciding import Decision
from kubectl_ambient.mesh.evidence import Step
from kubectl_ambient.mesh.installation.settings import Rules


def agreed(decisions: Sequence[Decision], worlds: Sequence[Rules]) -> Decision:
    """The newest, where all say the same of the pod; else that it depends on the version. Both are oldest first."""
    newest = decisions[-1]
    if len({d.expected for d in decisions}) == 1:
        return newest
    other = next(i for i, d in enumerate(decisions) if d.expected != newest.expected)
    message = (
        f"it depends on the version of istio-cni, {_known(worlds[-1])}: {decisions[other].expected} by the rules "
        f"of {worlds[other].version} ({decisions[other].reason}), {newest.expected} by those of "
        f"{worlds[-1].version} ({newest.reason})"
    )
    because = structs.replace(
        newest.because,
        rule="Version",
        outcome="unknown",
        message=message,
        reason=Reason.EVIDENCE_MISSING,
        evidence=(worlds[-1].version_told.evidence,),
    )
    return Decision("unknown", Reason.EVIDENCE_MISSING, because, tuple(_undecided(newest.steps, because)))


def _known(rules: Rules) -> str:
    told = rules.version_told.value
    return "which is not known" if told is None else f"of which no more is known than {told}"


def _undecided(steps: tuple[Step, ...], because: Step) -> Iterator[Step]:
    """The trace of a pod whose versions disagree: the version decides, and what follows it is not reached."""
    reached = True
    for step in steps:
        if step.rule == because.rule:
            yield because
            reached = False
        else:
            yield step if reached else structs.replace(step, outcome="skipped")
