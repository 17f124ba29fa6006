"""`explain` as text: the answer first, the evidence next, the way out last."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from kubectl_ambient.mesh.enrolment import RULES
from kubectl_ambient.mesh.evidence import Evidence, Finding, Fix, Step
from kubectl_ambient.mesh.verdict import Judgement, Verdict
from kubectl_ambient.render.terminal import Paint

_MARKS = {"pass": "✔", "in": "✔", "out": "✖", "unknown": "?", "skipped": "·"}
_COLOURS = {"pass": "green", "in": "green", "out": "red", "unknown": "yellow", "skipped": "dim"}
_TITLES = {rule.name: rule.title for rule in RULES}
_SEVERITY = {"error": "✖", "warning": "‼", "info": "·"}
_SEVERITY_COLOUR = {"error": "red", "warning": "yellow", "info": "dim"}
_COLUMN = 34
_HEADLINE = {
    "Enrolled": ("is in ambient mode", "green"),
    "Pending": ("is NOT yet in ambient mode: it is pending", "yellow"),
    "Starting": ("is not in ambient mode yet: it is starting", "yellow"),
    "NotEnrolled": ("should be in ambient mode and is NOT", "red"),
    "Stale": ("should NOT be in ambient mode and still is redirected", "red"),
    "NotAmbient": ("is NOT in ambient mode", "bold"),
    "Unknown": ("cannot be judged", "yellow"),
}


def explanation(judgement: Judgement, fixes: Sequence[Fix], *, width: int, paint: Paint) -> str:
    """One pod: the headline, every rule with its evidence, what was observed, what comes next, what to do."""
    verdict = judgement.verdict
    headline, colour = _HEADLINE[verdict.state]
    parts = [
        _wrapped(f"Pod {verdict.namespace}/{verdict.name} {paint(headline, colour)}.", width, "")
        + "\n"
        + _wrapped(verdict.message, width, ""),
        "\n".join(step(s, width, paint) for s in judgement.decision.steps),
        _wrapped(_observation(verdict), width, ""),
        _wrapped(_next(judgement), width, ""),
        "\n".join(_finding(f, width, paint) for f in verdict.findings),
        what_to_do(fixes, width, paint),
        _docs(judgement),
    ]
    return "\n\n".join(part for part in parts if part)


def step(step: Step, width: int, paint: Paint) -> str:
    """One rule: its mark and good state, and beside it the evidence; what it found where it did not pass."""
    mark = paint(_MARKS[step.outcome], _COLOURS[step.outcome])
    title = _TITLES.get(step.rule, step.rule)
    shown = [_evidence(e) for e in step.evidence[:1]]
    if step.outcome in ("in", "out", "unknown") or len(step.evidence) > 1:
        shown += [_evidence(e) for e in step.evidence[1:]]
    rest = max(width - _COLUMN - 4, 30)
    lines = [line for e in shown for line in _fold(e, rest)] or [""]
    head = f"  {mark} {title.ljust(_COLUMN)}{lines[0]}".rstrip()
    more = [f"    {' ' * _COLUMN}{line}" for line in lines[1:]]
    if step.outcome in ("out", "unknown"):
        more += [f"      {line}" for line in textwrap.wrap(step.message, max(width - 6, 30))]
    elif step.outcome == "skipped":
        more += [f"      (not reached: {line}" for line in [step.message + ")"]] if step.reason else []
    return "\n".join([head, *more])


def _evidence(evidence: Evidence) -> str:
    value = "not set" if evidence.value is None else evidence.value
    joint = " " if evidence.value is None else "="
    return f"{evidence.object} {_short(evidence.field)}{joint}{value}"


def _short(field: str) -> str:
    """`metadata.labels[x]` is `label x` to a person."""
    for long, word in (("metadata.labels[", "label "), ("metadata.annotations[", "annotation "), ("data[", "")):
        if field.startswith(long) and field.endswith("]"):
            return word + field[len(long) : -1]
    return field


def _fold(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False, max_lines=4) or [""]


def _observation(verdict: Verdict) -> str:
    seen = {
        "enabled": "observed in (annotation ambient.istio.io/redirection=enabled)",
        "pending": "observed pending (annotation ambient.istio.io/redirection=pending)",
        "absent": "observed out (no annotation ambient.istio.io/redirection)",
    }[verdict.observed]
    if verdict.state == "Unknown":
        return f"Intended: unknown, {seen}."
    agree = {
        "NotEnrolled": "they disagree",
        "Stale": "they disagree",
        "Pending": "not there yet",
        "Starting": "too early to say",
    }.get(verdict.state, "nothing disagrees")
    return f"Intended {verdict.expected}, {seen}: {agree}."


def _next(judgement: Judgement) -> str:
    verdict, injection = judgement.verdict, judgement.injection
    who = f"the next pod of {verdict.owner}" if verdict.owner else "a new pod like it"
    match verdict.after_restart:
        case "sidecar":
            now = "It has a sidecar and keeps it until it restarts; " if verdict.mode == "sidecar" else ""
            return (
                f"{now}{who} gets a sidecar: {injection.message}."[:1].upper()
                + f"{now}{who} gets a sidecar: {injection.message}."[1:]
            )
        case "ambient":
            kept = verdict.mode == "ambient"
            text = f"After a restart: {who} is in ambient mode{' again' if kept else ''} ({injection.message})."
        case "none":
            text = f"After a restart: {who} is in no mesh mode ({injection.message})."
        case _:
            text = f"After a restart: cannot be told ({injection.message})."
    return text


def _finding(finding: Finding, width: int, paint: Paint) -> str:
    mark = paint(_SEVERITY[finding.severity], _SEVERITY_COLOUR[finding.severity])
    text = f"{finding.message[:1].upper()}{finding.message[1:]}."
    lines = textwrap.wrap(text, max(width - 2, 30), break_long_words=False, break_on_hyphens=False)
    if finding.fix:
        lines.append(f"→ {finding.fix}")
    return f"{mark} " + "\n  ".join(lines)


def what_to_do(fixes: Iterable[Fix], width: int, paint: Paint) -> str:
    """The commands, each with its effect below it."""
    told = list(fixes)
    if not told:
        return ""
    lines = ["What to do:"]
    for fix in told:
        lines.append(f"  {paint(fix.command, 'bold')}")
        lines += [f"      {line}" for line in textwrap.wrap(fix.effect, max(width - 6, 30))]
    return "\n".join(lines)


def _docs(judgement: Judgement) -> str:
    version = judgement.agents.worlds[-1].version
    known = len(judgement.agents.worlds) == 1 and judgement.agents.worlds[0].installed
    rules = f"Judged by the rules of Istio {version}." if known else "Judged by the rules of Istio 1.22 to 1.31."
    return f"{rules} More: {judgement.decision.because.docs}" if judgement.decision.because.docs else rules


def _wrapped(text: str, width: int, indent: str) -> str:
    return textwrap.fill(
        text,
        max(width, 40),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
