"""`waypoint enable` and `waypoint disable`: read, plan, tell, patch, tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from kubectl_ambient.cli.kube_command import connection

if TYPE_CHECKING:
    from kubectl_ambient.runs.change.flags import Flags


def change(
    ctx: typer.Context, words: Sequence[str], given: Flags, waypoint: str, namespace: str, *, force: bool = False
) -> None:
    """Run the command; raises typer.Exit where it did not do all that was asked for, and KubeError."""
    from kubectl_ambient.runs.change.request import ChangeRequest
    from kubectl_ambient.runs.waypoint.flags import WaypointFlags
    from kubectl_ambient.runs.waypoint.wish import check_kind, wish_of

    flags = WaypointFlags.of(given, waypoint, namespace, force=force)
    wish = wish_of(flags)
    request = ChangeRequest.of(connection(ctx), words, flags, check_kind)
    if flags.plan:
        from kubectl_ambient.runs.waypoint.planning import plan_waypoint_change

        code = plan_waypoint_change(request, wish, force=flags.force)
    elif flags.local:
        from kubectl_ambient.runs.waypoint.change_local import label_waypoints

        code = label_waypoints(request, wish)
    else:
        from kubectl_ambient.runs.waypoint.change_run import WaypointRun

        code = WaypointRun(request, wish, force=flags.force).run()
    if code:
        raise typer.Exit(code)
