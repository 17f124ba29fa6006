"""What every explanation is made of: rules with their evidence, findings, and commands with their effects."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Iterable, Iterator, Sequence

from kubectl_ambient.foreign import Shown, one_line, shown, stacked, without_middle
from kubectl_ambient.mesh.evidence import Evidence, Finding, Fix, Step
from kubectl_ambient.render.sentences import folded, sentence
from kubectl_ambient.render.terminal import Paint
from kubectl_ambient.shell.command import Command

_MARKS = {"pass": "✔", "in": "✔", "out": "✖", "unknown": "?", "skipped": "·"}
_ASSUMED = "~"  # a tick is for what was seen
_COLOURS = {"pass": "green", "in": "green", "out": "red", "unknown": "yellow", "skipped": "dim"}
_SEVERITY = {"error": "✖", "warning": "‼", "info": "·"}
_SEVERITY_COLOUR = {"error": "red", "warning": "yellow", "info": "dim"}
_COLUMN = 32
_JSON_SHOWN = 24
_MOST_OF_A_MESSAGE = 6  # lines: it is ours, mostly, and says what to know


def step(step: Step, title: str, own: str, width: int, paint: Paint, *, whole: bool = False) -> Shown:
    """One rule: its mark and good state, and beside it the evidence; what it found where it did not pass.

    own: the object that is explained (`Pod/shop/web`), which its evidence need not name. whole: all evidence also of a
    rule that does not decide.
    """
    mark = paint(_ASSUMED, "yellow") if step.assumed else paint(_MARKS[step.outcome], _COLOURS[step.outcome])
    title = title.ljust(_COLUMN)
    room = max(width - _COLUMN - 4, 30)
    decisive = step.outcome in ("in", "out", "unknown")
    evidence = step.evidence if decisive or whole else step.evidence[:1]
    told = [evidence_line(e).removeprefix(f"{own} ") for e in evidence]
    lines = [line for text in told for line in _fold(text, room, 4 if decisive else 3)] or [""]
    if step.outcome in ("out", "unknown"):
        lines += [
            f"→ {line}" if i == 0 else f"  {line}"
            for i, line in enumerate(_fold(step.message, room - 2, _MOST_OF_A_MESSAGE))
        ]
    elif step.outcome == "skipped":
        lines += _fold(f"(not reached: {step.message})", room) if step.reason else []
    head = shown("  ", mark, f" {title}{lines[0]}".rstrip())
    return stacked([head, *(f"    {' ' * _COLUMN}{line}" for line in lines[1:])])


def evidence_line(evidence: Evidence) -> str:
    """`Namespace/shop label istio.io/dataplane-mode=ambient`."""
    unread = evidence.field.endswith(")")  # and says why
    value = f"={_brief(evidence)}" if evidence.value is not None else "" if unread else " not set"
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
    (re.compile(r"spec(?:\.jobTemplate\.spec)?\.template\.metadata\.labels\[(.*)\]"), r"pod template label \1"),
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
    """The text in at most so many lines; of a longer one its beginning and its end."""
    text = one_line(text)
    room = width * most
    lines = textwrap.wrap(text, width, break_on_hyphens=False)
    while len(lines) > most:
        room -= width // 4
        lines = textwrap.wrap(without_middle(text, room), width, break_on_hyphens=False)
    return lines or [""]


def finding_text(finding: Finding, commands: Collection[Command], width: int, paint: Paint) -> Shown:
    """One finding, with its command where that is not among those below."""
    mark = paint(_SEVERITY[finding.severity], _SEVERITY_COLOUR[finding.severity])
    told = folded(sentence(finding), max(width - 2, 30))
    command = "" if finding.fix in commands else paint.command(finding.fix)
    told += [f"→ {command}"] if command else []
    return shown(mark, " ", stacked(told, "\n  "))


def what_to_do(fixes: Iterable[Fix], width: int, paint: Paint) -> Shown:
    """The commands, each with its effect below it: steps are numbered, and “or” stands before another way."""
    ways: list[list[tuple[str, str]]] = [[]]
    for fix in fixes:
        command = paint.command(fix.command)
        if not command:
            continue
        if fix.alternative and ways[-1]:
            ways.append([])
        ways[-1].append((command, fix.effect))
    if not ways[0]:
        return Shown()
    parts = [stacked(_way(way, width, paint)) for way in ways]
    return stacked(["What to do:", stacked(parts, "\nor\n")])


def _way(steps: Sequence[tuple[str, str]], width: int, paint: Paint) -> Iterator[str]:
    for number, (command, effect) in enumerate(steps, 1):
        head = f"{number}. " if len(steps) > 1 else ""
        yield shown(f"  {head}", paint(command, "bold"))
        # An address is left whole, so that it can be followed.
        lines = textwrap.wrap(one_line(effect), max(width - 6, 30), break_long_words=False, break_on_hyphens=False)
        yield from (f"      {line}" for line in lines)
