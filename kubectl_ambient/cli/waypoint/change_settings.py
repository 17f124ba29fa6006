"""The flags of `waypoint enable` and `waypoint disable`."""

from __future__ import annotations

from typing import Annotated

import typer

from kubectl_ambient.runs.waypoint.flags import DEFAULT_NAME

Targets = Annotated[
    list[str] | None,
    typer.Argument(metavar="(TYPE NAME... | TYPE/NAME...)", help="ns shop, svc/cart, pod web-1, serviceentry ext, …"),
]
Waypoint = Annotated[
    str, typer.Option("--waypoint", help=f"The Gateway that is the waypoint; “{DEFAULT_NAME}” where it is not given.")
]
WaypointNamespace = Annotated[
    str, typer.Option("--waypoint-namespace", help="Its namespace, where that is not the object's own.")
]
OnlyWaypoint = Annotated[str, typer.Option("--waypoint", help="Only from objects that name this waypoint.")]
OnlyWaypointNamespace = Annotated[
    str, typer.Option("--waypoint-namespace", help="Only from objects that name a waypoint of this namespace.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace another value of the labels.")]
Force = Annotated[bool, typer.Option("--force", help="Name a waypoint that cannot serve the object, too.")]
OptOut = Annotated[
    bool, typer.Option("--opt-out", help="Set the label to none: no waypoint, whatever the namespace says.")
]
