"""Which cluster a command to paste has to lead to, and for which shell it is written."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from kubectl_ambient.kube.options import ConnectionOptions
from kubectl_ambient.shell.aim import Aim, Shell


def aim_of(connection: ConnectionOptions, files: tuple[tuple[str, ...], ...] = ()) -> Aim:
    """The flags that were typed, `files` (`-f`) before them, and this person's shell."""
    return Aim((*files, *connection.flags), shell_of(os.environ, sys.platform))


def shell_of(environ: Mapping[str, str], platform: str) -> Shell:
    """The shell that is most likely pasted into.

    On Windows PowerShell, unless a Unix shell (Git Bash, MSYS2) left its SHELL or MSYSTEM. Elsewhere a Unix shell,
    unless pwsh started us: it leaves PSModulePath.
    """
    if platform == "win32":
        return "posix" if environ.get("SHELL") or environ.get("MSYSTEM") else "powershell"
    return "powershell" if environ.get("PSModulePath") else "posix"
