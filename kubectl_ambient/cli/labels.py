"""`kubectl ambient labels`: the label reference, and what is set, inherited and wrong on objects."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_ambient.cli import settings
from kubectl_ambient.render.say import say
from kubectl_ambient.runs.output import check_format

if TYPE_CHECKING:
    from kubectl_ambient.mesh.labels.entry import Entry
    from kubectl_ambient.runs.labels.source import LabelSource
    from kubectl_ambient.shell.aim import Aim

WRONG = 3


def labels(
    ctx: typer.Context,
    target: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY | TYPE NAME | TYPE/NAME]...", help="use-waypoint, ns/shop, deploy/web, …"),
    ] = None,
    all_namespaces: settings.AllNamespaces = False,
    namespace_selector: settings.NamespaceSelector = "",
    selector: settings.Selector = "",
    *,
    files: settings.Files,
    output: settings.Output = "",
    no_headers: settings.NoHeaders = False,
    only_mistakes: Annotated[bool, typer.Option("--only-mistakes", help="Only what is wrong.")] = False,
    fail_on: Annotated[list[str] | None, settings.fail_on("where something is wrong: any, or error.")] = None,
    chunk_size: settings.ChunkSize = None,
    assumptions: settings.Assumptions = False,
) -> None:
    """Print the label reference; with objects, what is set, what they inherit, and what is wrong.

    \b
      labels                          the reference
      labels use-waypoint             one label in full
      labels ns/shop deploy/web       these objects
      labels -n shop, labels -A       all that carry a label of Istio
    """
    from kubectl_ambient.runs.labels.request import LabelsRequest, failing

    check_format(output, settings.FORMATS_STATUS)
    conditions = failing(fail_on or ())
    request = LabelsRequest.of(
        files.origin(
            ctx,
            chunk_size,
            all_namespaces=all_namespaces,
            assumptions=assumptions,
            namespace_selector=namespace_selector,
        ),
        target or (),
        label_selector=selector,
        fails=bool(conditions),
        only_mistakes=only_mistakes,
    )
    if request.entries:
        _print_reference(request.entries, output, full=bool(target))
        return
    from kubectl_ambient.runs.labels.source import read_source

    source = read_source(request)
    reports = source.shown
    if output in ("json", "yaml"):
        if reports or not source.problems:
            _print_document(source, output, request.origin.aim)
    elif output == "name":
        for report in source.shown:
            say(source.name_of(report.labelled))
    else:
        _print_text(source, headers=not no_headers, aim=request.origin.aim)
    source.tell_remarks()
    code = source.tell_problems()
    if any(finding.severity in conditions for report in reports for finding in report.findings):
        code = WRONG
    if code:
        raise typer.Exit(code)


def _print_reference(entries: tuple[Entry, ...], output: str, *, full: bool) -> None:
    from kubectl_ambient.render.documents import as_text
    from kubectl_ambient.render.labels import documents as label_documents
    from kubectl_ambient.render.labels import reference as label_reference
    from kubectl_ambient.render.terminal import Paint, colours, text_width

    if output in ("json", "yaml"):
        document = label_documents.label_reference(entries)
        say(as_text(document, output))
    elif output == "name":
        for key in dict.fromkeys(entry.key for entry in entries):
            say(key)
    else:
        say(label_reference.reference(entries, width=text_width(), paint=Paint(colours()), full=full))


def _print_document(source: LabelSource, output: str, aim: Aim) -> None:
    from kubectl_ambient.render.documents import as_text
    from kubectl_ambient.render.labels.documents import label_list

    document = label_list(source.shown, source.judge.context, source.assumptions, aim)
    say(as_text(document, output))


def _print_text(source: LabelSource, *, headers: bool, aim: Aim) -> None:
    from kubectl_ambient.render.commands import filled
    from kubectl_ambient.render.labels import objects as text
    from kubectl_ambient.render.sentences import paragraphs
    from kubectl_ambient.render.terminal import Paint, colours, text_width, width
    from kubectl_ambient.runs.told import tell_assumptions

    paint, lines = Paint(colours(), aim), text_width()
    reports, only = source.reports, source.asked.only_mistakes
    if not reports:
        _say_nothing_found(source)
    elif source.named:
        if source.shown:
            say(paragraphs(text.one(report, width=lines, columns=width(), paint=paint) for report in source.shown))
    else:
        parts = []
        if source.shown:
            parts.append(text.table_of(source.shown, headers=headers, only=only, width=width(), paint=paint))
        if headers:
            further = filled("", source.further, lines, source.asked.origin.aim_at_files) if source.further else ""
            parts.append(text.summary(reports, further, whole=not source.remarks, width=lines, paint=paint))
        if parts:
            say(paragraphs(parts))
    tell_assumptions(source.judge.assumptions if reports else (), source.asked.origin)


def _say_nothing_found(source: LabelSource) -> None:
    if not source.problems:
        where = f" in {source.namespace} namespace" if source.namespace else ""
        read = " in what could be read" if source.remarks else ""
        say(f"No labels of Istio found{where}{read}.", file=sys.stderr)
