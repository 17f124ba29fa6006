"""`kubectl ambient waypoint status`: for every Service and its like, which waypoint serves it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from kubectl_ambient.cli import settings
from kubectl_ambient.runs.output import check_fail_on, check_format

DRIFT = 3


def waypoint_status(
    ctx: typer.Context,
    names: Annotated[list[str] | None, settings.some_of("cart, svc/cart, pods, …")] = None,
    all_namespaces: settings.AllNamespaces = False,
    namespace_selector: settings.NamespaceSelector = "",
    show_all: Annotated[bool, settings.every("Also what has no waypoint and names none.")] = False,
    selector: settings.Selector = "",
    *,
    files: settings.Files,
    output: settings.Output = "",
    no_headers: settings.NoHeaders = False,
    watching: settings.Watching,
    fail_on: Annotated[list[str] | None, settings.fail_on("on drift, unknown, error, or any; may be repeated.")] = None,
    chunk_size: settings.ChunkSize = None,
    assumptions: settings.Assumptions = False,
) -> None:
    """Tell for every Service, ServiceEntry, Pod and WorkloadEntry which waypoint serves it, or why none does."""
    from kubectl_ambient.mesh.waypoint.summary import FAIL_ON, fails
    from kubectl_ambient.runs.waypoint.listing import WaypointListing
    from kubectl_ambient.runs.waypoint.request import WaypointRequest
    from kubectl_ambient.runs.waypoint.source import read_waypoint_source

    check_format(output, settings.FORMATS_STATUS)
    conditions = check_fail_on(fail_on or (), FAIL_ON)
    watching.check(conditions, output)
    request = WaypointRequest.of(
        files.origin(
            ctx,
            chunk_size,
            all_namespaces=all_namespaces,
            assumptions=assumptions,
            namespace_selector=namespace_selector,
        ),
        names or (),
        label_selector=selector,
        watch=watching.watch,
    )
    source = read_waypoint_source(request)
    bindings = [source.judge.of(target) for target in source.targets]
    show = WaypointListing(
        output=output,
        headers=not no_headers,
        whole=show_all or request.chosen,
        watch=watching.watch,
        timestamps=watching.timestamps,
    )
    show.print(source, bindings)
    source.tell_beside(request.origin)
    if watching.watch and (bindings or not source.problems):
        from kubectl_ambient.runs.waypoint.watching import watch_waypoints

        source.tell_problems()
        sys.stdout.flush()  # into a pipe as well, the listing comes before the first change
        show.print_changes(source, bindings, watch_waypoints(source, bindings, output))
    code = source.tell_problems()
    if fails(bindings, conditions):
        code = DRIFT
    if code:
        raise typer.Exit(code)
