"""`enable` and `disable`: read, plan, tell, patch, tell."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

import typer

from kubectl_ambient.cli.change_settings import Flags
from kubectl_ambient.cli.kube_command import connection

_MANY = 10


def change(ctx: typer.Context, words: Sequence[str], flags: Flags) -> None:
    """Run the command; raises typer.Exit where it did not do all that was asked for, and KubeError."""
    from kubectl_ambient.cli.change_request import ChangeRequest

    request = ChangeRequest.of(connection(ctx), words, flags)
    if flags.local:
        from kubectl_ambient.cli.change_local import label_files

        code = label_files(request)
    else:
        from kubectl_ambient.cli.change_run import Run

        code = Run(request).run()
    if code:
        raise typer.Exit(code)


def tell(lines: Iterable[str]) -> None:
    """Print to stderr, after what already went to stdout."""
    sys.stdout.flush()
    for line in lines:
        print(line, file=sys.stderr)


def refusals(refused: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A line for each object and why it is refused; one for all of the same reason where there are many."""
    from kubectl_ambient.change.words import few, grouped

    for why, names in grouped((why, name) for name, why in refused).items():
        if len(names) > _MANY:
            yield f"error: {why} ({few(names)})"
        else:
            yield from (f"error: {name}: {why}" for name in names)
