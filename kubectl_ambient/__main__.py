"""The entry point: one place where every failure becomes a sentence and an exit code."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import NoReturn

# Starting makes many objects and hardly any garbage: to look for it at every 700th takes a fifteenth of the time.
# A watch that goes on for hours is still cleaned up after.
MANY_OBJECTS = 50_000


def main() -> None:
    """Run the tool on the process's own arguments, and end the process with its exit code."""
    gc.set_threshold(MANY_OBJECTS)
    if sys.argv[1:2] == ["__complete"]:
        from kubectl_ambient.cli.completion.program import respond

        respond(sys.argv[2:])
    from kubectl_ambient.cli.app import run

    leave(run(sys.argv))


def leave(code: int) -> NoReturn:
    """End the process at once: to take every module apart first, as Python does, is a fifth of the whole time."""
    atexit._run_exitfuncs()
    try:
        # Without a stdout, as after >&-, there is none to empty.
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        pass  # the reader has gone
    except OSError as error:
        print(f"error: write stdout: {(error.strerror or str(error)).lower()}", file=sys.stderr, flush=True)
        code = code or 1
    os._exit(code)


if __name__ == "__main__":
    main()
