"""`enable` and `disable`: read, plan, tell, patch, tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from kubectl_ambient.cli.kube_command import connection

if TYPE_CHECKING:
    from kubectl_ambient.runs.change.flags import Flags
    from kubectl_ambient.runs.change.request import ChangeRequest


def change(ctx: typer.Context, words: Sequence[str], flags: Flags) -> None:
    """Run the command; raises typer.Exit where it did not do all that was asked for, and KubeError."""
    from kubectl_ambient.runs.change.request import ChangeRequest

    request = ChangeRequest.of(connection(ctx), words, flags)
    if flags.plan:
        code = _plan(request)
    elif flags.local:
        from kubectl_ambient.runs.change.local import label_files

        code = label_files(request)
    else:
        from kubectl_ambient.runs.change.run import Run

        code = Run(request).run()
    if code:
        raise typer.Exit(code)


def _plan(request: ChangeRequest) -> int:
    if request.flags.filenames:
        from kubectl_ambient.runs.change.planning import plan_of_files

        return plan_of_files(request)
    from kubectl_ambient.runs.change.beginning import reading

    beginning = reading(request)
    # The rules are imported while the cluster answers.
    from kubectl_ambient.runs.change.planning import plan_change

    return plan_change(request, beginning)
