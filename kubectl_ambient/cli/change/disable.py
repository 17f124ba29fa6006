"""`kubectl ambient disable`: take namespaces, pods and workloads out of ambient mode."""

from __future__ import annotations

from typing import Annotated

import typer

from kubectl_ambient.cli.change import settings
from kubectl_ambient.cli.change.command import change


def disable(
    ctx: typer.Context,
    target: settings.Targets = None,
    opt_out: Annotated[bool, settings.opt_out(", which keeps a pod out.")] = False,
    *,
    selection: settings.Selection,
    overwrite: settings.Overwrite = False,
    waiting: settings.Waiting,
    writing: settings.Writing,
) -> None:
    """Take the label istio.io/dataplane-mode=ambient off namespaces, pods or pod templates.

    A pod of an ambient namespace stays in all the same: --opt-out takes it out.
    """
    flags = settings.flags_of("opt-out" if opt_out else "disable", selection, writing, waiting, overwrite=overwrite)
    change(ctx, target or (), flags)
