"""Completion as kubectl asks for it: the words of a line as arguments, the last one unfinished; never a word of error.

kubectl runs `kubectl_complete-ambient WORD… UNFINISHED`, and takes lines of `candidate TAB description` with a
last line `:N` (kubectl, pkg/cmd/plugin/plugin_completion.go). The shells' own scripts ask
`kubectl-ambient __complete` the same.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from kubectl_ambient.render.streams import OutputLost, take_over


def main() -> None:
    """Run `kubectl_complete-ambient`."""
    take_over()
    respond(sys.argv[1:])


def respond(words: Sequence[str]) -> None:
    """Print what could stand at the cursor, and end the process at once: with 0, whatever went wrong.

    With KUBECTL_AMBIENT_TRACEBACK set, what went wrong is told.
    """
    gc.disable()  # it takes a tenth of a process that ends before there is anything to collect
    told = bool(os.environ.get("KUBECTL_AMBIENT_TRACEBACK"))
    if told:
        from kubectl_ambient.kube.tracebacks import hide_secrets_in_tracebacks

        hide_secrets_in_tracebacks()
    else:
        _hush()
    text = ":4\n"  # nothing, and no files either
    try:
        from kubectl_ambient.cli.completion.answer import complete

        text = str(complete(words))
    except BaseException:
        if told:
            raise
    with suppress(OSError, OutputLost):  # the shell has gone
        sys.stdout.buffer.write(text.encode())
        sys.stdout.flush()
    os._exit(0)  # nothing that still waits for a server may hold up the shell


def _hush() -> None:
    """Nothing that is run from here, credential plugins included, may print into a line or read from it."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 2)
