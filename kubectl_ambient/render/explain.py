"""`explain` as text: the answer first, the evidence next, the way out last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kubectl_ambient.foreign import Shown, stacked
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.enrolment.rules import RULES
from kubectl_ambient.mesh.evidence import Fix, tells
from kubectl_ambient.mesh.installation.settings import rules_of
from kubectl_ambient.mesh.installation.versions import OLDEST
from kubectl_ambient.mesh.verdict import Judgement
from kubectl_ambient.render.sentences import paragraphs, wrapped
from kubectl_ambient.render.steps import finding_text, step, what_to_do
from kubectl_ambient.render.terminal import Paint
from kubectl_ambient.render.waypoint.of_pod import pod_waypoint

if TYPE_CHECKING:
    from kubectl_ambient.mesh.policy.pods import PodPolicies
    from kubectl_ambient.mesh.ztunnel.case import Proof

_TITLES = {rule.name: rule.title for rule in RULES}
_HEADLINE = {
    "Enrolled": ("is in ambient mode", "green"),
    "Pending": ("is NOT yet in ambient mode: it is pending", "yellow"),
    "Starting": ("is not in ambient mode yet: it is starting", "yellow"),
    "NotEnrolled": ("should be in ambient mode and is NOT", "red"),
    "Stale": ("should NOT be in ambient mode and still is redirected", "red"),
    "NotAmbient": ("is NOT in ambient mode", "bold"),
    "Unknown": ("cannot be judged", "yellow"),
}


def explanation(
    judgement: Judgement, fixes: Sequence[Fix], policies: PodPolicies | None = None, *, width: int, paint: Paint
) -> Shown:
    """One pod: the headline, every rule with its evidence, what was observed, what comes next, what to do."""
    verdict = judgement.verdict
    commands, own = {fix.command for fix in fixes}, judgement.pod.ref
    parts = [
        _headline(judgement, width, paint),
        stacked(step(s, _TITLES.get(s.rule, s.rule), own, width, paint) for s in judgement.decision.steps),
        wrapped(_observation(judgement), width),
        *([wrapped(_proof(verdict.proof, verdict.node), width)] if verdict.proof else []),
        wrapped(_next(judgement), width),
        pod_waypoint(judgement, width, paint),
        _policies(policies, width) if policies else Shown(),
        stacked(finding_text(f, commands, width, paint) for f in verdict.findings),
        what_to_do(fixes, width, paint),
        _docs(judgement),
    ]
    return paragraphs(parts)


def _policies(found: PodPolicies, width: int) -> Shown:
    from kubectl_ambient.render.policy.of_pod import pod_policies

    return pod_policies(found, width)


def _headline(judgement: Judgement, width: int, paint: Paint) -> Shown:
    verdict = judgement.verdict
    words, colour = _HEADLINE[verdict.state]
    unserved = verdict.unserved or (verdict.state == "Enrolled" and tells(verdict.findings, Code.ISTIOD_NOT_READY))
    if verdict.unserved:
        words, colour = "is in ambient mode, and NOT served", "red"
    elif unserved:
        words, colour = "is in ambient mode, and no istiod that serves it is Ready", "yellow"
    if verdict.state == "Stale" and judgement.pod.finished:
        words = "should NOT be in ambient mode and is still marked as redirected"
    elif verdict.state == "Stale" and tells(verdict.findings, Code.CNI_GONE):
        words = "is still redirected, and istio-cni is gone"
    elif _cannot_start(judgement):
        words, colour = "is NOT in ambient mode: it cannot start", "red"
    who = f"Pod {verdict.namespace}/{verdict.name} "
    if verdict.state in ("Enrolled", "NotAmbient", "Unknown") and not unserved:
        text = wrapped(f"{who}{words}: {judgement.decision.because.message}.", width)
    else:
        text = stacked([wrapped(f"{who}{words}.", width), wrapped(verdict.message, width)])
    return paint.within(text, words, colour, after=who)


def _cannot_start(judgement: Judgement) -> bool:
    """Whether it is known to hang, so that nothing is to be awaited."""
    stuck = judgement.stuck
    return judgement.verdict.state == "Starting" and stuck is not None and stuck.what != "end"


def _observation(judgement: Judgement) -> str:
    verdict, written = judgement.verdict, judgement.pod.annotations.redirection
    nothing = "no annotation" if written is None else f"“{written}” is no word of the annotation"
    seen = {
        "enabled": "observed in (annotation ambient.istio.io/redirection=enabled)",
        "pending": "observed pending (annotation ambient.istio.io/redirection=pending)",
        "absent": f"observed out ({nothing} ambient.istio.io/redirection)",
    }[verdict.observed]
    if verdict.state == "Unknown":
        return f"Intended: unknown, {seen}."
    agree = {
        "NotEnrolled": "they disagree",
        "Stale": "they disagree",
        "Pending": "not there yet",
        "Starting": "too early to say",
    }.get(verdict.state, "nothing disagrees")
    if verdict.unserved:
        agree = "they agree, and it is NOT served"
    elif _cannot_start(judgement):
        agree = "it cannot start"
    return f"Intended {verdict.expected}, {seen}: {agree}."


_SERVED = {
    "yes": "Served by ztunnel on {node}: traffic of it is there right now.",
    "listening": "ztunnel on {node} listens in its network; whether its traffic is led there, no connection shows now.",
    "no": "NOT served: ztunnel on {node} does not have it.",
    "blocked": "NOT served: ztunnel on {node} does not listen in its network.",
    "unknown": "Whether ztunnel serves it cannot be told: {why}.",
}


def _proof(proof: Proof, node: str) -> str:
    return _SERVED[proof.served].format(node=node, why=proof.why)


def _next(judgement: Judgement) -> str:
    verdict, injection = judgement.verdict, judgement.injection
    who = f"the next pod of {verdict.owner}" if verdict.owner else "a new pod like it"
    if judgement.held_until:
        who += f", once {judgement.held_until},"
    if verdict.mode == "sidecar":
        return _next_of_sidecar(judgement, who)
    match verdict.after_restart:
        case "sidecar" if verdict.mode == "gateway":
            return f"After a restart: {who} gets its proxy again, by {injection.message}."
        case "sidecar":
            return f"After a restart: {who} gets a sidecar, by {injection.message}."
        case "ambient":
            again = " again" if verdict.mode == "ambient" else ""
            return f"After a restart: {who} is in ambient mode{again} ({injection.message})."
        case "none":
            return f"After a restart: {who} is in no mesh: {judgement.next_pod.why}."
        case _:
            return f"After a restart: cannot be told: {judgement.next_pod.why}."


def _next_of_sidecar(judgement: Judgement, who: str) -> str:
    verdict, injection = judgement.verdict, judgement.injection
    if verdict.after_restart == "sidecar":
        return f"The sidecar is asked for by {injection.message}: the pod keeps it, and {who} gets one again."
    kept = "The pod keeps its sidecar until it restarts"
    if verdict.after_restart == "unknown":
        return f"{kept}; what {who} gets cannot be told ({judgement.next_pod.why})."
    becomes = "is in ambient mode" if verdict.after_restart == "ambient" else "is in no mesh"
    return f"Nothing asks for a sidecar any more ({injection.message}). {kept}; {who} {becomes}."


def _docs(judgement: Judgement) -> str:
    worlds = judgement.agents.worlds
    if worlds[-1].version < OLDEST:
        rules = f"The rules of Istio {worlds[-1].name} are not known."
    else:
        rules = f"Judged by the rules of Istio {rules_of(worlds) if worlds[0].installed else '1.22 to 1.31'}."
    return f"{rules} More: {judgement.decision.because.docs}" if judgement.decision.because.docs else rules
