"""`kubectl ambient enable`: put namespaces, pods and workloads into ambient mode."""

from __future__ import annotations

from typing import Annotated

import typer

from kubectl_ambient.cli.change import settings
from kubectl_ambient.cli.change.command import change


def enable(
    ctx: typer.Context,
    target: settings.Targets = None,
    *,
    selection: settings.Selection,
    overwrite: settings.Overwrite = False,
    force: Annotated[bool, settings.force("Cut pods off, and restart pods that gain nothing,")] = False,
    waiting: settings.Waiting,
    writing: settings.Writing,
) -> None:
    """Add the label istio.io/dataplane-mode=ambient to namespaces, pods or pod templates.

    Tells what moves in, what stays out and why, and how to undo it.
    """
    flags = settings.flags_of("enable", selection, writing, waiting, overwrite=overwrite, force=force)
    change(ctx, target or (), flags)
