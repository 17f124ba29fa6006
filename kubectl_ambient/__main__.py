"""The entry point: one place where every failure becomes a sentence and an exit code."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Callable

from kubectl_ambient.help_page import page
from kubectl_ambient.render.streams import OutputLost, take_over
from kubectl_ambient.runs.ending import at_once, raise_once, told_to_end

TYPE_CHECKING = False  # of `typing`, which is itself slow to import
if TYPE_CHECKING:
    from typing import NoReturn

# Starting and reading make many objects, hardly any garbage: to look for it at every 700th takes a tenth of the time.
# A watch that goes on for hours is still cleaned up after.
MANY_OBJECTS = 200_000


def main(before_more: Callable[[], None] = lambda: None) -> None:
    """Run the tool on the process's own arguments, and end the process with its exit code.

    before_more: called before the many modules are imported that most command lines need.
    """
    gc.set_threshold(MANY_OBJECTS)
    take_over()
    if told := page(sys.argv):
        at_once()
        _end_with(told)
    before_more()
    if sys.argv[1:2] == ["__complete"]:
        from kubectl_ambient.cli.completion.program import respond

        respond(sys.argv[2:])
    at_once()  # nothing is begun that would have to be told
    from kubectl_ambient.cli.app import run

    code = 0
    try:
        raise_once()
        code = run(sys.argv)
        at_once()
    except BaseException:
        if not told_to_end():
            raise
    leave(told_to_end() or code)


def _end_with(told: str) -> NoReturn:
    code = 0
    try:
        print(told, end="")
    except OutputLost as lost:
        from kubectl_ambient.cli.app import tell_lost

        code = tell_lost(lost)
    leave(code)


def leave(code: int) -> NoReturn:
    """End the process at once: to take every module apart first, as Python does, is a fifth of the whole time."""
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
    except OutputLost as lost:
        from kubectl_ambient.cli.app import tell_lost

        code = code or tell_lost(lost)
    os._exit(code)


if __name__ == "__main__":
    main()
