"""For which shell commands are written."""

from __future__ import annotations

import pytest

from kubectl_ambient.runs.aim import shell_of


@pytest.mark.parametrize(
    ("platform", "environ", "shell"),
    [
        ("linux", {}, "posix"),
        ("linux", {"SHELL": "/bin/zsh"}, "posix"),
        ("darwin", {"SHELL": "/bin/zsh", "PSModulePath": "/opt/microsoft/powershell/7/Modules"}, "powershell"),
        ("win32", {"PSModulePath": "C:\\Program Files"}, "powershell"),
        ("win32", {}, "powershell"),
        ("win32", {"MSYSTEM": "MINGW64"}, "posix"),
        ("win32", {"SHELL": "/usr/bin/bash"}, "posix"),
    ],
)
def test_the_environment_tells(platform: str, environ: dict[str, str], shell: str) -> None:
    assert shell_of(environ, platform) == shell
