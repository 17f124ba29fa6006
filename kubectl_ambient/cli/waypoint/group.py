"""`kubectl ambient waypoint`: the group of commands about waypoints, a line for each."""

from __future__ import annotations

import typer

from kubectl_ambient.cli.options import add
from kubectl_ambient.cli.summaries import group
from kubectl_ambient.cli.waypoint.disable import waypoint_disable
from kubectl_ambient.cli.waypoint.enable import waypoint_enable
from kubectl_ambient.cli.waypoint.explain import waypoint_explain
from kubectl_ambient.cli.waypoint.list import waypoint_list
from kubectl_ambient.cli.waypoint.status import waypoint_status

app: typer.Typer = group("Tell which waypoint serves what, and why not.")
add(app, "list", waypoint_list)
add(app, "status", waypoint_status)
add(app, "explain", waypoint_explain)
add(app, "enable", waypoint_enable)
add(app, "disable", waypoint_disable)
