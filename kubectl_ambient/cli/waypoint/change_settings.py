"""The options of `waypoint enable` and `waypoint disable` alone."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kubectl_ambient.cli import settings
from kubectl_ambient.cli.change.settings import Waiting as PodsWaiting

Targets = Annotated[list[str] | None, settings.targets("ns shop, svc/cart, pod web-1, serviceentry ext, …")]


def waypoint(what: str) -> Any:
    """`--waypoint`, and what it names."""
    return typer.Option("--waypoint", help=what)


def waypoint_namespace(what: str) -> Any:
    """`--waypoint-namespace`, and what it names."""
    return typer.Option("--waypoint-namespace", help=what)


class Waiting(PodsWaiting):
    """Until when the command goes on."""

    wait: Annotated[bool, settings.wait("until istiod has each object served as its labels have it")] = False
