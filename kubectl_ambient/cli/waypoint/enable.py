"""`kubectl ambient waypoint enable`: have a waypoint serve namespaces, services, pods and their like."""

from __future__ import annotations

import typer

from kubectl_ambient.cli import settings
from kubectl_ambient.cli.change import settings as change_settings
from kubectl_ambient.cli.waypoint import change_settings as own
from kubectl_ambient.cli.waypoint.change_command import change
from kubectl_ambient.runs.change.flags import FIELD_MANAGER
from kubectl_ambient.runs.waypoint.flags import WaypointFlags


def waypoint_enable(
    ctx: typer.Context,
    target: own.Targets = None,
    waypoint: own.Waypoint = "",
    waypoint_namespace: own.WaypointNamespace = "",
    selector: settings.Selector = "",
    field_selector: settings.FieldSelector = "",
    all_: change_settings.All = False,
    all_namespaces: settings.AllNamespaces = False,
    overwrite: own.Overwrite = False,
    force: own.Force = False,
    dry_run: change_settings.DryRun = "none",
    output: change_settings.Output = "",
    filename: change_settings.Filename = None,
    recursive: settings.Recursive = False,
    local: change_settings.Local = False,
    field_manager: change_settings.FieldManager = FIELD_MANAGER,
    chunk_size: settings.ChunkSize = None,
) -> None:
    """Add the label istio.io/use-waypoint to namespaces, services, pods and their like.

    Refuses a waypoint that cannot serve them, tells what goes through it then, and how to undo it.
    """
    flags = WaypointFlags(
        goal="enable",
        waypoint=waypoint,
        waypoint_namespace=waypoint_namespace,
        label_selector=selector,
        field_selector=field_selector,
        all=all_,
        all_namespaces=all_namespaces,
        overwrite=overwrite,
        force=force,
        dry_run=dry_run,
        output=output,
        filenames=tuple(filename or ()),
        recursive=recursive,
        local=local,
        field_manager=field_manager,
        chunk_size=chunk_size,
    )
    change(ctx, target or (), flags)
