"""`kubectl ambient waypoint disable`: take namespaces, services, pods and their like off their waypoint."""

from __future__ import annotations

import typer

from kubectl_ambient.cli import settings
from kubectl_ambient.cli.change import settings as change_settings
from kubectl_ambient.cli.waypoint import change_settings as own
from kubectl_ambient.cli.waypoint.change_command import change
from kubectl_ambient.runs.change.flags import FIELD_MANAGER
from kubectl_ambient.runs.waypoint.flags import WaypointFlags


def waypoint_disable(
    ctx: typer.Context,
    target: own.Targets = None,
    opt_out: own.OptOut = False,
    waypoint: own.OnlyWaypoint = "",
    waypoint_namespace: own.OnlyWaypointNamespace = "",
    selector: settings.Selector = "",
    field_selector: settings.FieldSelector = "",
    all_: change_settings.All = False,
    all_namespaces: settings.AllNamespaces = False,
    dry_run: change_settings.DryRun = "none",
    output: change_settings.Output = "",
    filename: change_settings.Filename = None,
    recursive: settings.Recursive = False,
    local: change_settings.Local = False,
    field_manager: change_settings.FieldManager = FIELD_MANAGER,
    chunk_size: settings.ChunkSize = None,
) -> None:
    """Take the labels istio.io/use-waypoint and istio.io/use-waypoint-namespace off.

    What inherits its namespace's waypoint is served all the same: --opt-out ends that.
    """
    flags = WaypointFlags(
        goal="opt-out" if opt_out else "disable",
        waypoint=waypoint,
        waypoint_namespace=waypoint_namespace,
        label_selector=selector,
        field_selector=field_selector,
        all=all_,
        all_namespaces=all_namespaces,
        dry_run=dry_run,
        output=output,
        filenames=tuple(filename or ()),
        recursive=recursive,
        local=local,
        field_manager=field_manager,
        chunk_size=chunk_size,
    )
    change(ctx, target or (), flags)
