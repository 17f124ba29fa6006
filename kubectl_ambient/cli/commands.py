"""The table of the commands: only the one that was typed is imported and built."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand

from kubectl_ambient.cli.summaries import WholeSummaries

# In the order in which one meets them. The words are the first paragraphs of the functions' docstrings, written
# here once more so that `--help` can show them without importing every command.
COMMANDS = {
    "status": "Tell for every pod whether it is in ambient mode, and whether it should be.",
    "explain": "Tell why a pod is or is not in ambient mode, rule by rule, and what to do.",
    "enable": "Add the label istio.io/dataplane-mode=ambient to namespaces, pods or pod templates.",
    "disable": "Take the label istio.io/dataplane-mode=ambient off namespaces, pods or pod templates.",
    "waypoint": "Tell which waypoint serves what, and why not.",
    "policy": "Tell which policy is enforced where, or nowhere.",
    "path": "Tell which way traffic takes between two ends, whether it is encrypted, and who lets it through.",
    "check": "Tell whether anything is wrong with the mesh, check by check, and what to do.",
    "labels": "Print the label reference; with objects, what is set, what they inherit, and what is wrong.",
    "version": "Print the version of this tool, of Kubernetes, and of Istio's agents.",
    "completion": "Complete commands, flags and names with TAB.",
}


def function_of(name: str) -> Callable[..., None] | typer.Typer:
    """What a command of the table runs, or the group that it is.

    Imports are written out, for those who look which modules there are.
    """
    match name:
        case "status":
            from kubectl_ambient.cli.status import status

            return status
        case "explain":
            from kubectl_ambient.cli.explain import explain

            return explain
        case "enable":
            from kubectl_ambient.cli.change.enable import enable

            return enable
        case "disable":
            from kubectl_ambient.cli.change.disable import disable

            return disable
        case "waypoint":
            from kubectl_ambient.cli.waypoint.group import app as waypoint

            return waypoint
        case "policy":
            from kubectl_ambient.cli.policy.group import app as policy

            return policy
        case "path":
            from kubectl_ambient.cli.path import path

            return path
        case "check":
            from kubectl_ambient.cli.check import check

            return check
        case "labels":
            from kubectl_ambient.cli.labels import labels

            return labels
        case "version":
            from kubectl_ambient.cli.version import version

            return version
        case "completion":
            from kubectl_ambient.cli.completion.group import app as completion

            return completion
        case _:
            raise KeyError(name)


class LazyGroup(WholeSummaries):
    """Knows its commands by name and summary, and builds one when it is asked for it."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.commands = {name: TyperCommand(name, help=summary) for name, summary in COMMANDS.items()}

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, ready to run; None for an unknown one."""
        return build(cmd_name) if cmd_name in self.commands else None


def build(name: str) -> Any:
    """The command of this name, with kubectl's flags."""
    from kubectl_ambient.cli.options import add

    found = function_of(name)
    if isinstance(found, typer.Typer):
        return typer.main.get_command(found)
    alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    add(alone, name, found)
    return typer.main.get_command(alone)
