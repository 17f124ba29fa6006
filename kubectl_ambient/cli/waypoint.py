"""`kubectl ambient waypoint`: the group of commands about waypoints, a line for each."""

from __future__ import annotations

import typer

from kubectl_ambient.cli.kube_command import KubeCommand
from kubectl_ambient.cli.waypoint_list import waypoint_list
from kubectl_ambient.cli.waypoint_status import waypoint_status

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("list", cls=KubeCommand)(waypoint_list)
app.command("status", cls=KubeCommand)(waypoint_status)


@app.callback()
def waypoint() -> None:
    """Tell which waypoint serves what, and why not."""
