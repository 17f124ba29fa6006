"""`explain ns` and `explain deploy` as text: the sum, its groups, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.foreign import Shown, stacked
from kubectl_ambient.mesh.evidence import Fix
from kubectl_ambient.mesh.subjects import Subject
from kubectl_ambient.render.sentences import folded, paragraphs
from kubectl_ambient.render.status import notes, of_mesh, share
from kubectl_ambient.render.steps import evidence_line, what_to_do
from kubectl_ambient.render.table import table
from kubectl_ambient.render.terminal import Paint

_NEXT = {
    "ambient": "the next pod would be in ambient mode",
    "sidecar": "the next pod would get a sidecar",
    "none": "the next pod would be in no mesh",
    "unknown": "what the next pod would be cannot be told",
}


def subject_text(subject: Subject, fixes: Sequence[Fix], *, width: int, paint: Paint) -> Shown:
    """The headline, the labels, one row for each group of pods, what needs attention, what comes next."""
    n = subject.summary
    if n["pods"]:
        headline = f"{subject.title}: {share(n)}"
    elif subject.not_all_pods:
        headline = f"{subject.title}: the files hold no pods of it."
    else:
        why = f": {subject.why_no_pods}" if subject.why_no_pods else ""
        headline = f"{subject.title} has no pods{why}."
    verdicts = [j.verdict for j in subject.judgements]
    when = "once its rollout is resumed, " if subject.paused else ""
    told = f"{when}{_NEXT[subject.next_pod.becomes]}: {subject.next_pod.why}."
    next_pod = f"{told[:1].upper()}{told[1:]}"
    parts = [
        paint(headline, "bold"),
        stacked(f"  {evidence_line(e)}" for e in subject.evidence),
        _groups(subject),
        notes(verdicts, namespaced=False, width=width, paint=paint),
        of_mesh(subject.findings, width, paint),
        stacked(folded(next_pod, width)),
        what_to_do(fixes, width, paint),
    ]
    return paragraphs(parts)


def _groups(subject: Subject) -> Shown:
    groups: dict[tuple[str, str, str], list[str]] = {}
    for judgement in subject.judgements:
        verdict = judgement.verdict
        groups.setdefault((verdict.owner or f"Pod/{verdict.name}", verdict.state, verdict.reason), []).append(
            verdict.name
        )
    rows = [[owner, str(len(names)), state, reason] for (owner, state, reason), names in groups.items()]
    return table(["WORKLOAD", "PODS", "STATE", "REASON"], sorted(rows)) if rows else Shown()
