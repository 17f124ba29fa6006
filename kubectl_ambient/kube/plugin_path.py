"""Where a credential plugin's command lies, and whether it may run: as Go's exec.LookPath and client-go's policy."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from .plugin_policy import PluginPolicy, cleaned


def look_path(command: str) -> str | None:
    """The program that is meant; None when there is none.

    A name is looked for in PATH, but never taken from the current folder nor any other that is named relative to
    it: what lies there may come from anybody.
    """
    if _has_folder(command):
        return next(_programs(command), None)
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        if program := next(_programs(os.path.join(folder or ".", command)), None):  # noqa: PTH118
            return program if Path(program).is_absolute() else None
    return None


def why_not_allowed(command: str, program: str | None, policy: PluginPolicy) -> str:
    """Why `program`, which is what `command` was found to be, may not run, in kubectl's words; "" where it may."""
    name = cleaned(command)
    if policy.policy == "DenyAll":
        return f'plugin "{name}" not allowed: policy set to "DenyAll"'
    allowed = policy.allowlist
    if policy.policy != "Allowlist" or allowed is None or name in allowed or program in allowed:
        return ""
    if program is None:
        return f'plugin path "{name}" cannot be resolved for credential plugin allowlist check'
    if any(look_path(entry) == program for entry in allowed if Path(entry).name == Path(program).name):
        return ""
    return f'plugin path "{program}" is not permitted by the credential plugin allowlist'


def _has_folder(command: str) -> bool:
    return os.sep in command or bool(os.altsep and os.altsep in command)


def _programs(path: str) -> Iterator[str]:
    endings = os.environ.get("PATHEXT", ".COM;.EXE;.BAT;.CMD").split(";") if os.name == "nt" else ()
    for candidate in (path, *(path + ending for ending in endings)):
        if os.path.isfile(candidate) and os.access(candidate, os.X_OK):  # noqa: PTH113 (takes a NUL as well)
            yield candidate
