"""`kubectl ambient policy status`: where each policy is enforced, and what each pod does with plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_ambient.cli import settings
from kubectl_ambient.render.say import say
from kubectl_ambient.runs.output import check_fail_on, check_format

if TYPE_CHECKING:
    from kubectl_ambient.runs.policy.source import PolicySource
    from kubectl_ambient.shell.aim import Aim

FAILED = 3


def policy_status(
    ctx: typer.Context,
    names: Annotated[list[str] | None, settings.some_of("allow, ap/allow, pa, …")] = None,
    all_namespaces: settings.AllNamespaces = False,
    pods: Annotated[bool, settings.pods("Also what each pod refuses, and which policies speak on it.")] = False,
    *,
    files: settings.Files,
    output: settings.Output = "",
    no_headers: settings.NoHeaders = False,
    fail_on: Annotated[list[str] | None, settings.fail_on("on unknown, error, or any; may be repeated.")] = None,
    chunk_size: settings.ChunkSize = None,
    assumptions: settings.Assumptions = False,
) -> None:
    """Tell for every AuthorizationPolicy and PeerAuthentication where it is enforced, or why it is enforced nowhere."""
    from kubectl_ambient.mesh.policy.summary import FAIL_ON, fails
    from kubectl_ambient.runs.policy.source import PolicyRequest, read_policy_source

    check_format(output, settings.FORMATS_STATUS)
    conditions = check_fail_on(fail_on or (), FAIL_ON)
    request = PolicyRequest.of(
        files.origin(ctx, chunk_size, all_namespaces=all_namespaces, assumptions=assumptions), names or ()
    )
    source = read_policy_source(request)
    if output in ("", "wide"):
        _print_text(source, request.origin.aim, pods=pods, headers=not no_headers)
    elif source.verdicts or not source.problems:
        _print_data(source, output, request.origin.aim, pods=pods)
    source.tell_beside(request.origin)
    code = source.tell_problems()
    if fails(source.verdicts, conditions):
        code = FAILED
    if code:
        raise typer.Exit(code)


def _print_data(source: PolicySource, output: str, aim: Aim, *, pods: bool) -> None:
    from kubectl_ambient.kube.resources import find_resource
    from kubectl_ambient.render.documents import as_text
    from kubectl_ambient.render.policy.documents import policy_status_list

    if output == "name":
        for verdict in source.verdicts:
            say(f"{find_resource(verdict.kind).name_for_output}/{verdict.policy.name}")
        return
    document = policy_status_list(source.verdicts, source.pods if pods else None, source.assumptions, aim)
    say(as_text(document, output))


def _print_text(source: PolicySource, aim: Aim, *, pods: bool, headers: bool) -> None:
    from kubectl_ambient.foreign import stacked
    from kubectl_ambient.render.policy import status as text
    from kubectl_ambient.render.sentences import paragraphs, wrapped
    from kubectl_ambient.render.terminal import Paint, colours, text_width, width
    from kubectl_ambient.runs.told import tell_nothing_found

    verdicts, paint = source.verdicts, Paint(colours(), aim)
    if not verdicts and not source.problems:
        tell_nothing_found(source.namespace)
    parts = []
    if verdicts:
        parts.append(text.policy_table(verdicts, namespaced=source.many, headers=headers, width=width(), paint=paint))
    if pods and any(found.mtls for found in source.pods):
        parts.append(text.pod_table(source.pods, namespaced=source.many, headers=headers, width=width()))
    if headers and verdicts:
        told = [wrapped(text.summary(verdicts), text_width())]
        told.append(text.notes(verdicts, namespaced=source.many, width=text_width(), paint=paint))
        parts.append(stacked(part for part in told if part))
    if parts:
        say(paragraphs(parts))
