"""`waypoint enable` and `waypoint disable`: read, plan, tell, patch, tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from kubectl_ambient.cli.kube_command import connection
from kubectl_ambient.runs.waypoint.flags import DEFAULT_NAME, WaypointFlags

if TYPE_CHECKING:
    from kubectl_ambient.change.waypoint.plan import Wish
    from kubectl_ambient.kube.resources import Resource
    from kubectl_ambient.runs.change.flags import Flags


def change(ctx: typer.Context, words: Sequence[str], flags: WaypointFlags) -> None:
    """Run the command; raises typer.Exit where it did not do all that was asked for, and KubeError."""
    from kubectl_ambient.runs.change.request import ChangeRequest

    wish = wish_of(flags)
    request = ChangeRequest.of(connection(ctx), words, flags, check_kind)
    if flags.local:
        from kubectl_ambient.runs.waypoint.change_local import label_waypoints

        code = label_waypoints(request, wish)
    else:
        from kubectl_ambient.runs.waypoint.change_run import WaypointRun

        code = WaypointRun(request, wish, force=flags.force).run()
    if code:
        raise typer.Exit(code)


def wish_of(flags: WaypointFlags) -> Wish:
    """What is asked for. Raises UsageError for what cannot name a waypoint."""
    from kubectl_ambient.change.waypoint.plan import Wish
    from kubectl_ambient.kube.errors import UsageError

    name = flags.waypoint
    if "/" in name:
        raise UsageError(f'error: invalid --waypoint "{name}": name its namespace by --waypoint-namespace')
    if name == "none" and flags.goal == "enable":
        raise UsageError('error: invalid --waypoint "none": that opts out, which is: waypoint disable … --opt-out')
    _check_value("--waypoint", name)
    _check_value("--waypoint-namespace", flags.waypoint_namespace)
    return Wish(
        goal=flags.goal,
        waypoint=name or (DEFAULT_NAME if flags.goal == "enable" else ""),
        namespace=flags.waypoint_namespace,
        overwrite=flags.overwrite,
    )


def _check_value(flag: str, value: str) -> None:
    from kubectl_ambient.kube.errors import UsageError
    from kubectl_ambient.kube.label_syntax import label_value_problems

    problems = label_value_problems(value)
    if problems:
        raise UsageError(f'error: invalid {flag} "{value}": {"; ".join(problems)}')


def check_kind(resource: Resource, flags: Flags) -> None:
    """Raises UsageError for a type on which the label means nothing."""
    from kubectl_ambient.change.targets import WAYPOINT_KINDS
    from kubectl_ambient.kube.errors import UsageError

    if resource.kind not in WAYPOINT_KINDS:
        raise UsageError(
            f"error: {resource.full_name} cannot have a waypoint: that takes namespaces, services, pods, "
            "serviceentries and workloadentries"
        )
