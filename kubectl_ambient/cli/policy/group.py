"""`kubectl ambient policy`: the group of commands about policies, a line for each."""

from __future__ import annotations

import typer

from kubectl_ambient.cli.options import add
from kubectl_ambient.cli.policy.explain import policy_explain
from kubectl_ambient.cli.policy.status import policy_status
from kubectl_ambient.cli.summaries import group

app: typer.Typer = group("Tell which policy is enforced where, or nowhere.")
add(app, "status", policy_status)
add(app, "explain", policy_explain)
