"""`kubectl ambient check`: whether anything is wrong with the mesh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_ambient.cli import settings
from kubectl_ambient.render.say import say
from kubectl_ambient.runs.output import check_fail_on, check_format

if TYPE_CHECKING:
    from kubectl_ambient.runs.check.source import CheckSource
    from kubectl_ambient.runs.origin import Origin

FORMATS = ("json", "yaml", "sarif", "junit")
FAILED = 3


def check(
    ctx: typer.Context,
    all_namespaces: settings.AllNamespaces = False,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Only these checks or sections; may be repeated.")
    ] = None,
    skip: Annotated[list[str] | None, typer.Option("--skip", help="Not these checks or sections.")] = None,
    *,
    files: settings.Files,
    output: Annotated[str, settings.output(*FORMATS)] = "",
    fail_on: Annotated[
        list[str] | None, settings.fail_on("on error (as it is by default), warning, unknown, any, or none.")
    ] = None,
    ztunnel: settings.Ztunnel = False,
    chunk_size: settings.ChunkSize = None,
    assumptions: settings.Assumptions = False,
) -> None:
    """Tell whether anything is wrong with the mesh, check by check, and what to do."""
    from kubectl_ambient.mesh.check.run import FAIL_ON, fails
    from kubectl_ambient.runs.check.source import CheckRequest, read_check_source

    check_format(output, FORMATS)
    conditions = check_fail_on(fail_on or ("error",), FAIL_ON)
    origin = files.origin(ctx, chunk_size, all_namespaces=all_namespaces, assumptions=assumptions)
    source = read_check_source(CheckRequest.of(origin, only or (), skip or (), ztunnel=ztunnel))
    _print(source, origin, output)
    source.tell_beside(origin)
    code = source.tell_problems()
    if fails(source.report, conditions):
        code = FAILED
    if code:
        raise typer.Exit(code)


def _print(source: CheckSource, origin: Origin, output: str) -> None:
    from kubectl_ambient.render.terminal import Paint, colours, text_width
    from kubectl_ambient.runs.check.source import aim_of

    aim = aim_of(origin)
    match output:
        case "json" | "yaml":
            from kubectl_ambient.render.check.documents import check_report
            from kubectl_ambient.render.documents import as_text

            say(as_text(check_report(source.report, source.assumptions, aim), output))
        case "sarif":
            from kubectl_ambient.cluster.lines import Lines
            from kubectl_ambient.render.check.sarif import sarif
            from kubectl_ambient.render.documents import as_json

            lines = Lines(source.places, origin.connection.namespace or "default")
            say(as_json(sarif(source.report, lines, aim)))
        case "junit":
            from kubectl_ambient.render.check.junit import junit

            say(junit(source.report))
        case _:
            from kubectl_ambient.render.check.text import report

            say(report(source.report, width=text_width(), paint=Paint(colours(), aim)))
