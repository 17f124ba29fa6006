"""`kubectl ambient path`: the way between two ends, and who on it decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_ambient.cli import settings
from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.render.say import say
from kubectl_ambient.runs.output import check_format

if TYPE_CHECKING:
    from kubectl_ambient.runs.origin import Origin
    from kubectl_ambient.runs.path.source import PathRequest, PathSource
    from kubectl_ambient.shell.aim import Aim

FORMATS = ("wide", "json", "yaml", "mermaid", "dot", "svg")
FORMATS_MATRIX = ("wide", "json", "yaml")


def path(
    ctx: typer.Context,
    ends: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FROM TO]", help="pod/a, deploy/a, svc/b:8080, outside, node, an address, a host"),
    ] = None,
    all_namespaces: settings.AllNamespaces = False,
    matrix: Annotated[bool, typer.Option("--matrix", help="Every pair of the namespace's workloads.")] = False,
    port: Annotated[
        list[int] | None, typer.Option("--port", help="This port of the destination; may be repeated.")
    ] = None,
    *,
    files: settings.Files,
    output: Annotated[str, settings.output(*FORMATS)] = "",
    no_headers: settings.NoHeaders = False,
    chunk_size: settings.ChunkSize = None,
    assumptions: settings.Assumptions = False,
) -> None:
    """Tell which way traffic takes between two ends, whether it is encrypted, and who lets it through."""
    from kubectl_ambient.runs.path.source import read_path_source

    check_format(output, FORMATS_MATRIX if matrix else FORMATS)
    origin = files.origin(ctx, chunk_size, all_namespaces=all_namespaces, assumptions=assumptions)
    request = _request(origin, ends or [], port or [], matrix=matrix)
    source = read_path_source(request)
    if output in ("", "wide"):
        _print_text(source, request, headers=not no_headers)
    elif source.answers or not source.problems:
        _print_data(source, output, request.origin.aim, matrix=matrix)
    source.tell_beside(request.origin)
    if code := source.tell_problems():
        raise typer.Exit(code)


def _request(origin: Origin, ends: list[str], ports: list[int], *, matrix: bool) -> PathRequest:
    """What was typed. Raises UsageError."""
    from kubectl_ambient.runs.path.ends import check_port, parse_end
    from kubectl_ambient.runs.path.source import PathRequest

    numbers = tuple(dict.fromkeys(map(check_port, ports)))
    if matrix:
        if ends:
            raise UsageError("error: --matrix is about every pair: type no FROM and TO with it")
        return PathRequest(origin=origin, ports=numbers)
    if len(ends) != 2:
        raise UsageError("error: two ends are wanted, FROM and TO, as in: kubectl ambient path deploy/a svc/b:8080")
    if origin.all_namespaces:
        raise UsageError("error: -A goes with --matrix; an end in another namespace is pod/NAMESPACE/NAME")
    source, destination = map(parse_end, ends)
    if source.port is not None:
        raise UsageError(f'error: FROM has no port that matters: type "{ends[0].rpartition(":")[0]}"')
    if numbers and destination.port is not None:
        raise UsageError("error: the port was typed twice, behind TO and with --port")
    return PathRequest(origin=origin, source=source, destination=destination, ports=numbers)


def _print_data(source: PathSource, output: str, aim: Aim, *, matrix: bool) -> None:
    from kubectl_ambient.render.documents import as_text
    from kubectl_ambient.render.path.documents import path_document, path_list

    if output in ("mermaid", "dot", "svg"):
        from kubectl_ambient.render.path import pictures

        say(pictures.picture(source.answers, output))
    elif len(source.answers) == 1 and not matrix:
        say(as_text(path_document(source.answers[0], source.assumptions, aim), output))
    else:
        say(as_text(path_list(source.answers, source.assumptions, aim), output))


def _print_text(source: PathSource, request: PathRequest, *, headers: bool) -> None:
    from kubectl_ambient.foreign import stacked
    from kubectl_ambient.render.terminal import Paint, colours, text_width, width
    from kubectl_ambient.runs.told import tell_nothing_found

    paint = Paint(colours(), request.origin.aim)
    if request.source is None:
        from kubectl_ambient.render.path.matrix import matrix_text

        if not source.ends and not source.problems:
            tell_nothing_found(source.namespace)
        if source.answers:
            told = matrix_text(source.answers, namespaced=source.many, headers=headers, width=width(), paint=paint)
            say(told)
        return
    from kubectl_ambient.render.path.text import path_text

    texts = [path_text(answer, width=text_width(), paint=paint) for answer in source.answers]
    if texts:
        say(stacked(texts, f"\n\n{'─' * min(text_width(), 80)}\n"))
