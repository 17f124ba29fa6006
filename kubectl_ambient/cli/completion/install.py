"""The small program `kubectl_complete-ambient` for those whose installer did not bring it, as krew does not.

kubectl looks for it on the PATH. It asks `kubectl-ambient`, and stays silent when that is gone.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from kubectl_ambient.kube.errors import KubeError

PROGRAM = "kubectl_complete-ambient"
_MARK = "Written by “kubectl ambient completion install”"
_PACKAGE = b"kubectl_ambient.cli.completion.program"  # what a console script of ours imports

_SH = f"""#!/bin/sh
# {_MARK}: kubectl runs it to complete “kubectl ambient …”.
command -v kubectl-ambient >/dev/null 2>&1 || {{ echo :4; exit 0; }}
exec kubectl-ambient __complete "$@" 2>/dev/null
"""
# Go's LookPath, which kubectl uses, takes every extension of PATHEXT (os/exec/lp_windows.go): a .cmd is one.
_CMD = f"""@echo off
rem {_MARK}: kubectl runs it to complete "kubectl ambient ...".
where /q kubectl-ambient && kubectl-ambient __complete %* 2>nul
exit /b 0
"""


def install(directory: str, environ: Mapping[str, str]) -> tuple[Path, bool]:
    """Writes it into `directory`, or where kubectl finds one already, or beside `kubectl-ambient`.

    Returns its path, and False where the package brought it, so that nothing was written. Raises KubeError where
    another program has the name, or nothing can be written.
    """
    path = _where(directory, environ)
    if _holds(path, _PACKAGE):
        return path, False
    if os.path.lexists(path) and not _is_ours(path):
        raise KubeError(f"error: {path} is another program: it is left as it is")
    try:
        path.write_text(_content(), encoding="utf-8", newline="")
        path.chmod(0o755)
    except OSError as error:
        raise KubeError(f"error: {path} cannot be written: {(error.strerror or str(error)).lower()}") from None
    return path, True


def uninstall(directory: str, environ: Mapping[str, str]) -> list[Path]:
    """Removes what `install` wrote, from `directory` or from every folder of the PATH; what was removed.

    Raises KubeError for one that cannot be removed.
    """
    folders = [Path(directory).expanduser()] if directory else [*_path(environ)]
    removed = []
    for path in dict.fromkeys(folder / _file_name() for folder in folders):
        if not _is_ours(path):
            continue
        try:
            path.unlink()
        except OSError as error:
            raise KubeError(f"error: {path} cannot be removed: {(error.strerror or str(error)).lower()}") from None
        removed.append(path)
    return removed


def is_on_path(folder: Path, environ: Mapping[str, str]) -> bool:
    """Whether kubectl looks there."""
    return any(_same(folder, other) for other in _path(environ))


def _where(directory: str, environ: Mapping[str, str]) -> Path:
    if directory:
        return Path(directory).expanduser().absolute() / _file_name()
    search = environ.get("PATH", "")
    # Of several, kubectl takes the first.
    if found := shutil.which(PROGRAM, path=search):
        return Path(found)
    beside = [Path(sys.argv[0]).parent.absolute()] if os.sep in sys.argv[0] else []
    if found := shutil.which("kubectl-ambient", path=search):
        beside.append(Path(found).parent)
    own = [folder for folder in _path(environ) if folder.is_relative_to(Path.home())]
    for folder in [*(f for f in beside if is_on_path(f, environ)), *own, *_path(environ)]:
        if folder.is_dir() and os.access(folder, os.W_OK):
            return folder / _file_name()
    raise KubeError("error: no folder of the PATH can be written to: name one with --dir")


def _path(environ: Mapping[str, str]) -> Iterator[Path]:
    """The folders of the PATH; never the current one, where nobody expects a program."""
    for entry in environ.get("PATH", "").split(os.pathsep):
        if os.path.isabs(entry):  # noqa: PTH117 (an entry may be empty)
            yield Path(entry)


def _same(one: Path, other: Path) -> bool:
    return os.path.normcase(one.absolute()) == os.path.normcase(other)


def _is_ours(path: Path) -> bool:
    return not path.is_symlink() and _holds(path, _MARK.encode())


def _holds(path: Path, text: bytes) -> bool:
    try:
        return text in path.read_bytes()
    except OSError:
        return False


def _content() -> str:
    return _CMD.replace("\n", "\r\n") if os.name == "nt" else _SH


def _file_name() -> str:
    return f"{PROGRAM}.cmd" if os.name == "nt" else PROGRAM
