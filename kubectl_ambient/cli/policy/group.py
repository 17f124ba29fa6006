"""`kubectl ambient policy`: the group of commands about policies, a line for each."""

from __future__ import annotations

import typer

from kubectl_ambient.cli.options import add
from kubectl_ambient.cli.policy.explain import policy_explain
from kubectl_ambient.cli.policy.status import policy_status
from kubectl_ambient.cli.summaries import WholeSummaries

app = typer.Typer(
    cls=WholeSummaries,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
add(app, "status", policy_status)
add(app, "explain", policy_explain)


@app.callback()
def policy() -> None:
    """Tell which policy is enforced where, or nowhere."""
