"""`kubectl ambient explain`: why a pod is or is not in ambient mode, rule by rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kubectl_ambient.cli import settings
from kubectl_ambient.foreign import Shown, stacked
from kubectl_ambient.render.say import say
from kubectl_ambient.runs.output import check_fail_on, check_format

if TYPE_CHECKING:
    from kubectl_ambient.render.terminal import Paint
    from kubectl_ambient.runs.explain.source import Explained, Part
    from kubectl_ambient.runs.origin import Origin
    from kubectl_ambient.shell.aim import Aim

DRIFT = 3


def explain(
    ctx: typer.Context,
    target: Annotated[
        list[str], typer.Argument(metavar="(POD | TYPE NAME... | TYPE/NAME...)", help="pod bar, ns shop, deploy/web, …")
    ],
    *,
    selectors: settings.Selectors,
    files: settings.Files,
    output: settings.Output = "",
    fail_on: settings.FailOn = None,
    ztunnel: settings.Ztunnel = False,
    policies: Annotated[
        bool, typer.Option("--policies", help="Also what a pod refuses, and who speaks on it.")
    ] = False,
    chunk_size: settings.ChunkSize = None,
    assumptions: settings.Assumptions = False,
) -> None:
    """Tell why a pod is or is not in ambient mode, rule by rule, and what to do.

    A namespace or a workload is summed up over its pods.
    """
    from kubectl_ambient.runs.explain.request import ExplainRequest
    from kubectl_ambient.runs.explain.source import read_explained

    check_format(output, settings.FORMATS_EXPLAIN)
    conditions = _conditions(fail_on) if fail_on else []
    request = ExplainRequest.of(
        files.origin(ctx, chunk_size, assumptions=assumptions),
        target,
        label_selector=selectors.selector,
        field_selector=selectors.field_selector,
        ztunnel=ztunnel,
        policies=policies,
    )
    found = read_explained(request)
    if output in ("json", "yaml"):
        if found.judgements or found.subjects or not found.problems:
            _print_document(found, output, request.origin.aim)
    elif output == "name":
        for judgement in found.judgements:
            say(f"pod/{judgement.verdict.name}")
    else:
        _print_text(found, wide=output == "wide", origin=request.origin)
    found.tell_remarks()
    code = found.tell_problems()
    if conditions and _fails(found, conditions):
        code = DRIFT
    if code:
        raise typer.Exit(code)


def _conditions(typed: Sequence[str]) -> list[str]:
    from kubectl_ambient.mesh.summary import FAIL_ON

    return check_fail_on(typed, FAIL_ON)


def _fails(found: Explained, conditions: Sequence[str]) -> bool:
    from kubectl_ambient.mesh.summary import fails

    awaiting = [finding for subject in found.subjects for finding in subject.findings]
    return fails([j.verdict for j in found.judgements], conditions, awaiting)


def _print_document(found: Explained, output: str, aim: Aim) -> None:
    from kubectl_ambient.mesh.fixes import fixes
    from kubectl_ambient.render import documents

    items: list[dict[str, Any]] = [
        documents.explanation(j, fixes(j, part.judge.snapshot), part.assumptions, aim, part.policies_on(j.pod))
        for part, j in found.judged
    ]
    if len(items) == 1 and not found.subjects and not found.several:
        document = items[0]
    else:
        document = documents.explanation_list(
            items, found.assumptions, [documents.subject(s, aim) for s in found.subjects]
        )
    say(documents.as_text(document, output))


def _print_text(found: Explained, *, wide: bool, origin: Origin) -> None:
    from kubectl_ambient.mesh.fixes import fixes
    from kubectl_ambient.render.explain import explanation
    from kubectl_ambient.render.terminal import Paint, colours, text_width
    from kubectl_ambient.runs.told import tell_assumptions

    paint, width = Paint(colours(), origin.aim), text_width()
    texts: list[Shown] = []
    for part in found.parts:
        snapshot = part.judge.snapshot
        if part.subjects:
            texts += _subjects(part, width, paint)
        if not part.subjects or wide:
            texts += [
                explanation(j, fixes(j, snapshot), part.policies_on(j.pod), width=width, paint=paint)
                for j in part.judgements
            ]
    _print_parts(texts, width)
    tell_assumptions(found.assumptions if texts else (), origin)


def _subjects(part: Part, width: int, paint: Paint) -> Iterator[Shown]:
    """The sums; what they take is not imported for a pod."""
    from kubectl_ambient.mesh.fixes import fixes
    from kubectl_ambient.mesh.subjects import fixes_of
    from kubectl_ambient.render.subject import subject_text

    for subject in part.subjects:
        commands = fixes_of(subject, [fixes(j, part.judge.snapshot) for j in subject.judgements])
        yield subject_text(subject, commands, width=width, paint=paint)


def _print_parts(parts: Sequence[Shown], width: int) -> None:
    if parts:
        say(stacked(parts, f"\n\n{'─' * min(width, 80)}\n"))
