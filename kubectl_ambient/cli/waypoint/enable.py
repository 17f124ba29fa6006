"""`kubectl ambient waypoint enable`: have a waypoint serve namespaces, services, pods and their like."""

from __future__ import annotations

from typing import Annotated

import typer

from kubectl_ambient.cli.change import settings
from kubectl_ambient.cli.waypoint import change_settings as own
from kubectl_ambient.cli.waypoint.change_command import change
from kubectl_ambient.mesh.waypoint import NEW


def waypoint_enable(
    ctx: typer.Context,
    target: own.Targets = None,
    waypoint: Annotated[
        str,
        own.waypoint(f"The Gateway that is the waypoint, or NAMESPACE/NAME; “{NEW}” where it is not given."),
    ] = "",
    waypoint_namespace: Annotated[
        str, own.waypoint_namespace("Its namespace, where that is not the object's own.")
    ] = "",
    *,
    selection: settings.Selection,
    overwrite: Annotated[bool, settings.overwrite("the labels")] = False,
    force: Annotated[bool, settings.force("Name a waypoint that cannot serve the object")] = False,
    waiting: own.Waiting,
    writing: settings.Writing,
) -> None:
    """Add the label istio.io/use-waypoint to namespaces, services, pods and their like.

    Refuses a waypoint that cannot serve them, tells what goes through it then, and how to undo it.
    """
    flags = settings.flags_of("enable", selection, writing, waiting, overwrite=overwrite)
    change(ctx, target or (), flags, waypoint, waypoint_namespace, force=force)
