"""The entry point: one place where every failure becomes a sentence and an exit code."""

from __future__ import annotations

import gc
import sys

# Starting makes many objects and hardly any garbage: to look for it at every 700th takes a fifteenth of the time.
# A watch that goes on for hours is still cleaned up after.
MANY_OBJECTS = 50_000


def main() -> None:
    """Run the tool on the process's own arguments, and end the process with its exit code."""
    gc.set_threshold(MANY_OBJECTS)
    if sys.argv[1:2] == ["__complete"]:
        from kubectl_ambient.cli.completion_program import respond

        respond(sys.argv[2:])
    from kubectl_ambient.cli.app import run

    sys.exit(run(sys.argv))


if __name__ == "__main__":
    main()
