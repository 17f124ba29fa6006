"""`kubectl ambient waypoint list`: every waypoint, what it takes, whether it lives, and who uses it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from kubectl_ambient.cli import settings
from kubectl_ambient.foreign import stacked
from kubectl_ambient.render.say import say
from kubectl_ambient.runs.output import check_format

if TYPE_CHECKING:
    from kubectl_ambient.runs.origin import Origin
    from kubectl_ambient.runs.waypoint.list_source import WaypointListSource
    from kubectl_ambient.shell.aim import Aim


def waypoint_list(
    ctx: typer.Context,
    all_namespaces: settings.AllNamespaces = False,
    namespace_selector: settings.NamespaceSelector = "",
    *,
    files: settings.Files,
    output: settings.Output = "",
    no_headers: settings.NoHeaders = False,
    chunk_size: settings.ChunkSize = None,
    assumptions: settings.Assumptions = False,
) -> None:
    """List the waypoints: which traffic they take, whether they live, whom they admit, and who uses them."""
    from kubectl_ambient.runs.waypoint.list_source import read_waypoint_list

    check_format(output, settings.FORMATS_STATUS)
    origin = files.origin(
        ctx,
        chunk_size,
        all_namespaces=all_namespaces,
        assumptions=assumptions,
        namespace_selector=namespace_selector,
    )
    source = read_waypoint_list(origin)
    if output in ("json", "yaml"):
        if source.waypoints or not source.problems:
            _print_document(source, output, origin.aim)
    elif output == "name":
        for waypoint in source.waypoints:
            say(f"gateway.gateway.networking.k8s.io/{waypoint.gateway.name}")
    else:
        _print_text(source, wide=output == "wide", headers=not no_headers, origin=origin)
    code = source.tell_problems()
    if code:
        raise typer.Exit(code)


def _print_document(source: WaypointListSource, output: str, aim: Aim) -> None:
    from kubectl_ambient.render.documents import as_text
    from kubectl_ambient.render.waypoint.list_documents import waypoint_list

    document = waypoint_list(source.waypoints, source.assumptions, aim)
    say(as_text(document, output))


def _print_text(source: WaypointListSource, *, wide: bool, headers: bool, origin: Origin) -> None:
    from kubectl_ambient.render.terminal import Paint, colours, text_width, width
    from kubectl_ambient.render.waypoint import list as text

    paint, many, found = Paint(colours(), origin.aim), source.many, source.waypoints
    if found:
        say(text.waypoint_table(found, namespaced=many, wide=wide, headers=headers, width=width(), paint=paint))
        if headers:
            told = (text.summary(found), text.notes(found, namespaced=many, width=text_width(), paint=paint))
            say(stacked(["", *(part for part in told if part)]))
    elif not source.problems and not source.remarks:
        where = f" in {source.namespace} namespace" if source.namespace else ""
        say(f"No waypoints found{where}.", file=sys.stderr)
    source.tell_beside(origin, assumed=bool(found))
