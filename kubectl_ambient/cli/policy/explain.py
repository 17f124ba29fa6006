"""`kubectl ambient policy explain`: where a policy is enforced, rule by rule and pod by pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_ambient.cli import settings
from kubectl_ambient.render.say import say
from kubectl_ambient.runs.output import check_format

if TYPE_CHECKING:
    from kubectl_ambient.runs.policy.source import PolicySource
    from kubectl_ambient.shell.aim import Aim


def policy_explain(
    ctx: typer.Context,
    target: Annotated[
        list[str], typer.Argument(metavar="(NAME... | TYPE NAME... | TYPE/NAME...)", help="allow, ap/allow, …")
    ],
    *,
    files: settings.Files,
    output: settings.Output = "",
    chunk_size: settings.ChunkSize = None,
    assumptions: settings.Assumptions = False,
) -> None:
    """Tell where a policy is enforced, what ztunnel makes of its rules, on which pods, and what is wrong with it."""
    from kubectl_ambient.runs.policy.source import PolicyRequest, read_policy_source

    check_format(output, settings.FORMATS_EXPLAIN)
    request = PolicyRequest.of(files.origin(ctx, chunk_size, assumptions=assumptions), target, named=True)
    source = read_policy_source(request)
    if output in ("", "wide"):
        _print_text(source, request.origin.aim)
    elif source.verdicts or not source.problems:
        _print_data(source, output, request.origin.aim, several=len(target) > 1)
    source.tell_beside(request.origin)
    if code := source.tell_problems():
        raise typer.Exit(code)


def _print_data(source: PolicySource, output: str, aim: Aim, *, several: bool) -> None:
    from kubectl_ambient.kube.resources import find_resource
    from kubectl_ambient.render.documents import as_text
    from kubectl_ambient.render.policy.documents import policy_explanation, policy_explanation_list

    if output == "name":
        for verdict in source.verdicts:
            say(f"{find_resource(verdict.kind).name_for_output}/{verdict.policy.name}")
        return
    items = [policy_explanation(verdict, source.assumptions, aim) for verdict in source.verdicts]
    single = len(items) == 1 and not several
    say(as_text(items[0] if single else policy_explanation_list(items, source.assumptions), output))


def _print_text(source: PolicySource, aim: Aim) -> None:
    from kubectl_ambient.foreign import stacked
    from kubectl_ambient.render.policy.explain import explanation
    from kubectl_ambient.render.terminal import Paint, colours, text_width

    paint, width = Paint(colours(), aim), text_width()
    texts = [explanation(verdict, width=width, paint=paint) for verdict in source.verdicts]
    if texts:
        say(stacked(texts, f"\n\n{'─' * min(width, 80)}\n"))
