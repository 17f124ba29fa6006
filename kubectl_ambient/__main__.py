"""The entry point: one place where every failure becomes a sentence and an exit code."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the tool on the process's own arguments, and end the process with its exit code."""
    if sys.argv[1:2] == ["__complete"]:
        from kubectl_ambient.cli.completion_program import respond

        respond(sys.argv[2:])
    from kubectl_ambient.cli.app import run

    sys.exit(run(sys.argv))


if __name__ == "__main__":
    main()
