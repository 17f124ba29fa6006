"""The program, and the one place where every failure becomes a sentence on stderr and an exit code."""

from __future__ import annotations

import io
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from kubectl_ambient.cli.commands import LazyGroup
from kubectl_ambient.cli.summaries import group
from kubectl_ambient.help_page import called
from kubectl_ambient.kube.errors import KubeError
from kubectl_ambient.render.say import say
from kubectl_ambient.render.streams import OutputLost, give_up
from kubectl_ambient.runs.ending import told_to_end

HELP = """Put workloads into Istio's ambient mesh, and see why each pod is or is not in it.

\b
Start with:  kubectl ambient status -A
Then ask:    kubectl ambient explain pod NAME -n NAMESPACE
"""

app = group(HELP, LazyGroup)


@app.callback(invoke_without_command=True)
def root(
    ctx: typer.Context,
    show_version: Annotated[
        bool, typer.Option("--version", help="Print the version of this tool.", is_eager=True)
    ] = False,
) -> None:
    """Answer `--version` without a command."""
    if show_version:
        from kubectl_ambient import __version__

        say(f"kubectl-ambient {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        ctx.fail("Missing command.")


root.__doc__ = HELP


def run(argv: list[str]) -> int:
    """Run one command line and return its exit code; nothing that goes wrong is a traceback."""
    _speak_utf8()
    try:
        _run(argv)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except KubeError as error:
        return fail(error)
    except OutputLost as lost:
        return tell_lost(lost)
    except RecursionError:
        print("error: the input is nested too deeply", file=sys.stderr)
        return 1
    except MemoryError:
        print("error: out of memory", file=sys.stderr)
        return 1
    except Exception as bug:
        return _bug(bug)
    return 0


def _run(argv: list[str]) -> None:
    try:
        app(args=argv[1:], prog_name=called(argv[0]), standalone_mode=True)
    except BaseException as error:
        if code := told_to_end():  # whatever the signal became on its way
            raise SystemExit(code) from error
        raise


def _bug(bug: Exception) -> int:
    if os.environ.get("KUBECTL_AMBIENT_TRACEBACK"):
        from kubectl_ambient.kube.tracebacks import hide_secrets_in_tracebacks

        hide_secrets_in_tracebacks()
        raise bug
    return confess(bug)


def tell_lost(lost: OutputLost) -> int:
    """The exit code of a command whose output did not arrive. That a reader has gone (`| head`) is no error."""
    give_up(sys.stdout)
    if lost.reader_gone:
        return 0
    print(f"error: write stdout: {lost}", file=sys.stderr)
    return 1


def _speak_utf8() -> None:
    """As kubectl does everywhere: into a pipe Windows would take its old code page, which lacks ✔ and ‼."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def confess(bug: Exception) -> int:
    """Tell a failure that nobody foresaw: what and where, and how to report it."""
    from kubectl_ambient import HOMEPAGE
    from kubectl_ambient.kube.secrets import hide_all

    frame = traceback.extract_tb(bug.__traceback__)[-1]
    where = f"{Path(frame.filename).name}, line {frame.lineno}"
    say(f"error: a bug in kubectl-ambient: {type(bug).__name__}: {hide_all(str(bug))} ({where})", file=sys.stderr)
    print(
        f"Please report it at {HOMEPAGE}/issues with what KUBECTL_AMBIENT_TRACEBACK=1 prints; nothing more was done.",
        file=sys.stderr,
    )
    return 1


def fail(error: KubeError) -> int:
    """Tell an error and what to do next; its exit code."""
    say(str(error), file=sys.stderr)
    if error.hint:
        say(error.hint, file=sys.stderr)
    return error.exit_code
