"""The flags of `enable` and `disable`, with kubectl label's names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import typer

FIELD_MANAGER = "kubectl-ambient"

Targets = Annotated[
    list[str] | None,
    typer.Argument(metavar="(TYPE NAME... | TYPE/NAME...)", help="ns shop, pod/bar, deploy web api, …"),
]
All = Annotated[bool, typer.Option("--all", help="All objects of the type; of the namespace, where it has one.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace another value of the label.")]
OptOut = Annotated[bool, typer.Option("--opt-out", help="Set the label to none, which keeps a pod out.")]
DryRun = Annotated[
    str, typer.Option("--dry-run", help="client: send nothing; server: have it checked, and nothing stored.")
]
Output = Annotated[str, typer.Option("-o", "--output", help="One of json, yaml, name.")]
Filename = Annotated[
    list[str] | None,
    typer.Option("-f", "--filename", help="With --local: the manifests (a file, a folder, or - for stdin)."),
]
Local = Annotated[bool, typer.Option("--local", help="Print the manifests of -f with the label; ask no server.")]
FieldManager = Annotated[str, typer.Option("--field-manager", help="The name under which the server remembers it.")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Flags:
    """The flags as they were typed; `goal` is what the command and `--opt-out` ask for."""

    goal: Literal["enable", "disable", "opt-out"]
    label_selector: str = ""
    field_selector: str = ""
    all: bool = False
    all_namespaces: bool = False
    filenames: tuple[str, ...] = ()
    recursive: bool = False
    local: bool = False
    dry_run: str = "none"
    output: str = ""
    overwrite: bool = False
    field_manager: str = FIELD_MANAGER
    chunk_size: int | None = None
