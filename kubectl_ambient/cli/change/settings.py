"""The options of the commands that set a label, with kubectl label's names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kubectl_ambient import FIELD_MANAGER
from kubectl_ambient.cli import settings
from kubectl_ambient.cli.options import Group

if TYPE_CHECKING:
    from kubectl_ambient.runs.change.flags import Flags, Goal


def overwrite(of: str) -> Any:
    """`--overwrite`, and of what."""
    return typer.Option("--overwrite", help=f"Replace another value of {of}.")


def force(what: str) -> Any:
    """`--force`, and what that does."""
    return typer.Option("--force", help=f"{what} all the same.")


def opt_out(why: str) -> Any:
    """`--opt-out`, and what that does."""
    return typer.Option("--opt-out", help=f"Set the label to none{why}")


Overwrite = Annotated[bool, overwrite("the label")]
Targets = Annotated[list[str] | None, settings.targets("ns shop, pod/bar, deploy web api, …")]


class Selection(settings.Selectors):
    """Which objects are meant, where none is named."""

    all: Annotated[bool, settings.every("All objects of the type; of the namespace, where it has one.")] = False
    all_namespaces: settings.AllNamespaces = False


class Writing(Group):
    """Where the label is set, and what is printed then."""

    dry_run: Annotated[
        str, typer.Option("--dry-run", help="client: send nothing; server: have it checked, and nothing stored.")
    ] = "none"
    output: Annotated[str, settings.output("json", "yaml", "name")] = ""
    plan: Annotated[
        bool, typer.Option("--plan", help="Tell all that would happen, and what is at risk; send nothing.")
    ] = False
    fail_on: Annotated[
        list[str] | None,
        settings.fail_on("on a risk so grave, or graver: warning or error; nothing is changed then."),
    ] = None
    filename: Annotated[list[str] | None, settings.filename("With --local or --plan: the manifests")] = None
    recursive: settings.Recursive = False
    whole_cluster: settings.WholeCluster = False
    local: Annotated[
        bool, typer.Option("--local", help="Label the manifests of -f, and print them; ask no server.")
    ] = False
    in_place: Annotated[
        bool,
        typer.Option("--in-place", help="With --local: write the files, only those lines, and print what changed."),
    ] = False
    field_manager: Annotated[
        str, typer.Option("--field-manager", help="The name under which the server remembers it.")
    ] = FIELD_MANAGER
    chunk_size: settings.ChunkSize = None
    assumptions: settings.Assumptions = False


class Waiting(Group):
    """Until when the command goes on."""

    wait: Annotated[bool, settings.wait("until each pod is where it should be")] = False
    timeout: settings.Timeout = ""
    batch: Annotated[
        int | None,
        typer.Option("--batch", help="With --wait: change so many objects, wait for them, then the next as many."),
    ] = None


_NOT_WAITING = Waiting()


def flags_of(
    goal: Goal,
    selection: Selection,
    writing: Writing,
    waiting: Waiting = _NOT_WAITING,
    *,
    overwrite: bool = False,
    force: bool = False,
) -> Flags:
    """What was typed, as the run takes it. Raises UsageError."""
    from kubectl_ambient.runs.change.flags import Flags

    return Flags(
        wait=waiting.wait,
        patience=settings.patience(waits=waiting.wait, timeout=waiting.timeout),
        timeout=waiting.timeout,
        batch=waiting.batch,
        goal=goal,
        label_selector=selection.selector,
        field_selector=selection.field_selector,
        all=selection.all,
        all_namespaces=selection.all_namespaces,
        overwrite=overwrite,
        force=force,
        dry_run=writing.dry_run,
        output=writing.output,
        filenames=tuple(writing.filename or ()),
        recursive=writing.recursive,
        local=writing.local,
        in_place=writing.in_place,
        field_manager=writing.field_manager,
        chunk_size=writing.chunk_size,
        assumptions=writing.assumptions,
        plan=writing.plan,
        whole_cluster=writing.whole_cluster,
        fail_on=tuple(writing.fail_on or ()),
    )
