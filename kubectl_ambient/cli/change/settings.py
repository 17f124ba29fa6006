"""The flags of `enable` and `disable`, with kubectl label's names."""

from __future__ import annotations

from typing import Annotated

import typer

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
