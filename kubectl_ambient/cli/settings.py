"""The options that several commands share, each written once: what it is called, what it says, what it is without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kubectl_ambient.cli.kube_command import connection
from kubectl_ambient.cli.options import Group

if TYPE_CHECKING:
    from kubectl_ambient.runs.origin import Origin

FORMATS_STATUS = ("wide", "json", "yaml", "name")
FORMATS_EXPLAIN = ("wide", "json", "yaml", "name")
FORMATS_DOCUMENT = ("json", "yaml")


def output(*formats: str) -> Any:
    """`-o` of a command that prints in these formats."""
    return typer.Option("-o", "--output", help=f"One of {', '.join(formats)}.")


def fail_on(when: str) -> Any:
    """`--fail-on`, and when that is."""
    return typer.Option("--fail-on", help=f"Exit with 3 {when}")


def every(what: str) -> Any:
    """`--all`, and of what."""
    return typer.Option("--all", help=what)


def filename(what: str, why: str = "") -> Any:
    """`-f`, what its files hold, and what for."""
    return typer.Option("-f", "--filename", help=f"{what} (a file, a folder, or - for stdin){why}.")


def targets(examples: str) -> Any:
    """The objects that are named, whatever their types."""
    return typer.Argument(metavar="(TYPE NAME... | TYPE/NAME...)", help=examples)


def some_of(examples: str) -> Any:
    """The objects of a listing, all of them where none is named."""
    return typer.Argument(metavar="[NAME | TYPE NAME | TYPE/NAME]...", help=f"Only these: {examples}")


def pods(what: str) -> Any:
    """`--pods`, and what of them is shown."""
    return typer.Option("--pods", help=what)


AllNamespaces = Annotated[bool, typer.Option("-A", "--all-namespaces", help="All namespaces.")]
Selector = Annotated[str, typer.Option("-l", "--selector", help="A label selector (key=value,key2 in (a,b),!key3).")]
NamespaceSelector = Annotated[
    str, typer.Option("--namespace-selector", help="Of all namespaces those with these labels (as -l takes them).")
]
Recursive = Annotated[bool, typer.Option("-R", "--recursive", help="With -f: the folders below as well.")]
Output = Annotated[str, output(*FORMATS_STATUS)]
NoHeaders = Annotated[bool, typer.Option("--no-headers", help="Only the rows.")]
FailOn = Annotated[list[str] | None, fail_on("on drift, pending, conflict, unknown, error, or any; may be repeated.")]
ChunkSize = Annotated[
    int | None,
    typer.Option(
        "--chunk-size", help="How many objects one page of a list holds, 0 for all; by default what suits the server."
    ),
]

Ztunnel = Annotated[
    bool, typer.Option("--ztunnel", help="Ask the ztunnel of each pod's node as well (with -f: its ztunnel-NODE.json).")
]
Assumptions = Annotated[
    bool, typer.Option("--assumptions", help="Print each thing that was taken for granted, however many there are.")
]

WholeCluster = Annotated[
    bool, typer.Option("--whole-cluster", help="With -f: what the files do not hold is not there.")
]


class Selectors(Group):
    """Which objects are meant."""

    selector: Selector = ""
    field_selector: Annotated[str, typer.Option("--field-selector", help="A field selector (spec.nodeName=n1).")] = ""


def wait(until: str) -> Any:
    """`--wait`, and until when."""
    return typer.Option("--wait", help=f"Wait {until}.")


Timeout = Annotated[
    str, typer.Option("--timeout", help="With --wait: how long (90s, 5m); 0 looks once. Without it 5m.")
]


def patience(*, waits: bool, timeout: str) -> float:
    """How many seconds `--wait` goes on. Raises UsageError."""
    from kubectl_ambient.kube.errors import UsageError
    from kubectl_ambient.kube.timeouts import parse_duration

    if timeout and not waits:
        raise UsageError("error: --timeout goes with --wait")
    return parse_duration(timeout or "5m")


class Watching(Group):
    """Whether a listing goes on."""

    watch: Annotated[bool, typer.Option("-w", "--watch", help="Go on, and print each one that changes.")] = False
    timestamps: Annotated[bool, typer.Option("--timestamps", help="With -w: when each change was seen.")] = False

    def check(self, conditions: Sequence[str], output: str) -> None:
        """Raises UsageError for what does not go with it."""
        from kubectl_ambient.kube.errors import UsageError

        if self.watch and conditions:
            raise UsageError("error: --fail-on needs an end: it cannot go with --watch")
        if self.timestamps and (not self.watch or output not in ("", "wide")):
            raise UsageError("error: --timestamps goes with the rows of --watch")


class Files(Group):
    """What is read in the place of a cluster."""

    filename: Annotated[list[str] | None, filename("Read manifests", " instead of a cluster")] = None
    recursive: Recursive = False
    whole_cluster: WholeCluster = False

    def origin(
        self,
        ctx: typer.Context,
        chunk_size: int | None,
        *,
        all_namespaces: bool = False,
        assumptions: bool,
        namespace_selector: str = "",
    ) -> Origin:
        """Where a command that only reads looks: here, or in the cluster that the connection flags name."""
        from kubectl_ambient.runs.origin import Origin

        return Origin.of(
            connection(ctx),
            self.filename,
            recursive=self.recursive,
            chunk_size=chunk_size,
            all_namespaces=all_namespaces,
            whole=self.whole_cluster,
            assumptions=assumptions,
            namespace_selector=namespace_selector,
        )
