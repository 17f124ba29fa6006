"""`explain` as text: the answer first, the evidence next, the way out last."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Iterable, Sequence

from kubectl_ambient.mesh.enrolment import RULES
from kubectl_ambient.mesh.evidence import Evidence, Finding, Fix, Step
from kubectl_ambient.mesh.injection import Injection
from kubectl_ambient.mesh.verdict import Judgement, Verdict
from kubectl_ambient.render.terminal import Paint

_MARKS = {"pass": "✔", "in": "✔", "out": "✖", "unknown": "?", "skipped": "·"}
_COLOURS = {"pass": "green", "in": "green", "out": "red", "unknown": "yellow", "skipped": "dim"}
_TITLES = {rule.name: rule.title for rule in RULES}
_SEVERITY = {"error": "✖", "warning": "‼", "info": "·"}
_SEVERITY_COLOUR = {"error": "red", "warning": "yellow", "info": "dim"}
_COLUMN = 32
_JSON_SHOWN = 24
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
    commands = {fix.command for fix in fixes}
    parts = [
        _headline(judgement, width, paint),
        "\n".join(step(s, verdict, width, paint) for s in judgement.decision.steps),
        _wrapped(_observation(verdict), width),
        _wrapped(_next(judgement), width),
        "\n".join(_finding(f, commands, width, paint) for f in verdict.findings),
        what_to_do(fixes, width, paint),
        _docs(judgement),
    ]
    return "\n\n".join(part for part in parts if part)


def _headline(judgement: Judgement, width: int, paint: Paint) -> str:
    verdict = judgement.verdict
    words, colour = _HEADLINE[verdict.state]
    if verdict.state in ("Enrolled", "NotAmbient", "Unknown"):
        text = _wrapped(f"Pod {verdict.namespace}/{verdict.name} {words}: {judgement.decision.because.message}.", width)
    else:
        text = _wrapped(f"Pod {verdict.namespace}/{verdict.name} {words}.", width)
        text += "\n" + _wrapped(verdict.message, width)
    return text.replace(words, paint(words, colour), 1)


def step(step: Step, verdict: Verdict, width: int, paint: Paint) -> str:
    """One rule: its mark and good state, and beside it the evidence; what it found where it did not pass."""
    mark = paint(_MARKS[step.outcome], _COLOURS[step.outcome])
    title = _TITLES.get(step.rule, step.rule).ljust(_COLUMN)
    own = f"Pod/{verdict.namespace}/{verdict.name} "
    room = max(width - _COLUMN - 4, 30)
    decisive = step.outcome in ("in", "out", "unknown")
    shown = step.evidence if decisive else step.evidence[:1]
    told = [evidence_line(e).removeprefix(own) for e in shown]
    lines = [line for text in told for line in _fold(text, room, 4 if decisive else 3)] or [""]
    if step.outcome in ("out", "unknown"):
        lines += [f"→ {line}" if i == 0 else f"  {line}" for i, line in enumerate(_fold(step.message, room - 2))]
    elif step.outcome == "skipped":
        lines += _fold(f"(not reached: {step.message})", room) if step.reason else []
    head = f"  {mark} {title}{lines[0]}".rstrip()
    return "\n".join([head, *(f"    {' ' * _COLUMN}{line}" for line in lines[1:])])


def evidence_line(evidence: Evidence) -> str:
    """`Namespace/shop label istio.io/dataplane-mode=ambient`."""
    value = " not set" if evidence.value is None else f"={_brief(evidence)}"
    return f"{evidence.object} {_short(evidence.field)}{value}"


def _brief(evidence: Evidence) -> str:
    """The value; of an image its last part, of a text of many lines or of JSON its beginning."""
    value = evidence.value or ""
    if evidence.field.endswith(".image"):
        head, slash, last = value.rpartition("/")
        return f"…/{last}" if slash and head else value
    first, newline, _ = value.partition("\n")
    if newline:
        return f"{first} …"
    return f"{value[:_JSON_SHOWN]}…" if value.startswith("{") and len(value) > _JSON_SHOWN else value


_WORDS = (
    (re.compile(r"metadata\.labels\[(.*)\]"), r"label \1"),
    (re.compile(r"metadata\.annotations\[(.*)\]"), r"annotation \1"),
    (re.compile(r"data\[(.*)\]"), r"\1"),
    (re.compile(r"spec(?:\.template\.spec)?\.containers\[0\]\.(.*)"), r"\1"),
)


def _short(field: str) -> str:
    """`metadata.labels[x]` is `label x` to a person."""
    for pattern, words in _WORDS:
        if pattern.fullmatch(field):
            return pattern.sub(words, field)
    return field


def _fold(text: str, width: int, most: int = 4) -> list[str]:
    """The text in at most so many lines."""
    return textwrap.wrap(text, width, break_on_hyphens=False, max_lines=most, placeholder=" …") or [""]


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
    if verdict.mode == "sidecar":
        return _next_of_sidecar(verdict, injection, who)
    match verdict.after_restart:
        case "sidecar":
            return f"After a restart: {who} gets a sidecar, by {injection.message}."
        case "ambient":
            again = " again" if verdict.mode == "ambient" else ""
            return f"After a restart: {who} is in ambient mode{again} ({injection.message})."
        case "none":
            return f"After a restart: {who} has no mesh mode ({injection.message})."
        case _:
            return f"After a restart: cannot be told ({injection.message})."


def _next_of_sidecar(verdict: Verdict, injection: Injection, who: str) -> str:
    if verdict.after_restart == "sidecar":
        return f"The sidecar is asked for by {injection.message}: the pod keeps it, and {who} gets one again."
    kept = "The pod keeps its sidecar until it restarts"
    if verdict.after_restart == "unknown":
        return f"{kept}; what {who} gets cannot be told ({injection.message})."
    becomes = "is in ambient mode" if verdict.after_restart == "ambient" else "has no mesh mode"
    return f"Nothing asks for a sidecar any more ({injection.message}). {kept}; {who} {becomes}."


def _finding(finding: Finding, commands: Collection[str], width: int, paint: Paint) -> str:
    mark = paint(_SEVERITY[finding.severity], _SEVERITY_COLOUR[finding.severity])
    text = f"{finding.message[:1].upper()}{finding.message[1:]}."
    lines = textwrap.wrap(text, max(width - 2, 30), break_long_words=False, break_on_hyphens=False)
    if finding.fix and finding.fix not in commands:
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


def _wrapped(text: str, width: int) -> str:
    return textwrap.fill(text, max(width, 40), break_long_words=False, break_on_hyphens=False)
