"""The flags that several commands share, each written once."""

from __future__ import annotations

from typing import Annotated

import typer

FORMATS_STATUS = ("wide", "json", "yaml", "name")
FORMATS_EXPLAIN = ("wide", "json", "yaml", "name")
FORMATS_DOCUMENT = ("json", "yaml")

AllNamespaces = Annotated[bool, typer.Option("-A", "--all-namespaces", help="All namespaces.")]
Selector = Annotated[str, typer.Option("-l", "--selector", help="A label selector (key=value,key2 in (a,b),!key3).")]
FieldSelector = Annotated[str, typer.Option("--field-selector", help="A field selector (spec.nodeName=n1).")]
Filename = Annotated[
    list[str] | None,
    typer.Option("-f", "--filename", help="Read manifests (a file, a folder, or - for stdin) instead of a cluster."),
]
Recursive = Annotated[bool, typer.Option("-R", "--recursive", help="With -f: the folders below as well.")]
Output = Annotated[str, typer.Option("-o", "--output", help="One of wide, json, yaml, name.")]
NoHeaders = Annotated[bool, typer.Option("--no-headers", help="Only the rows.")]
FailOn = Annotated[
    list[str] | None,
    typer.Option("--fail-on", help="Exit with 3 on drift, pending, conflict, unknown, or any; may be repeated."),
]
ChunkSize = Annotated[
    int | None,
    typer.Option(
        "--chunk-size", help="How many objects one page of a list holds, 0 for all; by default what suits the server."
    ),
]
