"""`kubectl ambient disable`: take namespaces, pods and workloads out of ambient mode."""

from __future__ import annotations

import typer

from kubectl_ambient.cli import settings
from kubectl_ambient.cli.change import settings as own
from kubectl_ambient.cli.change.command import change
from kubectl_ambient.runs.change.flags import FIELD_MANAGER, Flags


def disable(
    ctx: typer.Context,
    target: own.Targets = None,
    opt_out: own.OptOut = False,
    selector: settings.Selector = "",
    field_selector: settings.FieldSelector = "",
    all_: own.All = False,
    all_namespaces: settings.AllNamespaces = False,
    overwrite: own.Overwrite = False,
    dry_run: own.DryRun = "none",
    output: own.Output = "",
    filename: own.Filename = None,
    recursive: settings.Recursive = False,
    local: own.Local = False,
    field_manager: own.FieldManager = FIELD_MANAGER,
    chunk_size: settings.ChunkSize = None,
) -> None:
    """Take the label istio.io/dataplane-mode=ambient off namespaces, pods or pod templates.

    A pod of an ambient namespace stays in all the same: --opt-out takes it out.
    """
    flags = Flags(
        goal="opt-out" if opt_out else "disable",
        label_selector=selector,
        field_selector=field_selector,
        all=all_,
        all_namespaces=all_namespaces,
        overwrite=overwrite,
        dry_run=dry_run,
        output=output,
        filenames=tuple(filename or ()),
        recursive=recursive,
        local=local,
        field_manager=field_manager,
        chunk_size=chunk_size,
    )
    change(ctx, target or (), flags)
