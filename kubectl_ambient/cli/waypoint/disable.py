"""`kubectl ambient waypoint disable`: take namespaces, services, pods and their like off their waypoint."""

from __future__ import annotations

from typing import Annotated

import typer

from kubectl_ambient.cli.change import settings
from kubectl_ambient.cli.waypoint import change_settings as own
from kubectl_ambient.cli.waypoint.change_command import change


def waypoint_disable(
    ctx: typer.Context,
    target: own.Targets = None,
    opt_out: Annotated[bool, settings.opt_out(": no waypoint, whatever the namespace says.")] = False,
    waypoint: Annotated[str, own.waypoint("Only from objects that name this waypoint.")] = "",
    waypoint_namespace: Annotated[
        str, own.waypoint_namespace("Only from objects that name a waypoint of this namespace.")
    ] = "",
    *,
    selection: settings.Selection,
    waiting: own.Waiting,
    writing: settings.Writing,
) -> None:
    """Take the labels istio.io/use-waypoint and istio.io/use-waypoint-namespace off.

    What inherits its namespace's waypoint is served all the same: --opt-out ends that.
    """
    flags = settings.flags_of("opt-out" if opt_out else "disable", selection, writing, waiting)
    change(ctx, target or (), flags, waypoint, waypoint_namespace)
