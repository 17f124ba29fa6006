"""Private folders that are gone afterwards, even those of a run that was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

_PREFIX = "kubectl-ambient-rig-"
_LOCK = ".in-use"


def new() -> Path:
    """A folder of our own; those whose owners died are removed first."""
    _remove_orphans()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    # Never closed: the folder is ours for as long as this process lives.
    fcntl.flock(os.open(folder / _LOCK, os.O_CREAT | os.O_WRONLY), fcntl.LOCK_EX)
    return folder


def _remove_orphans() -> None:
    # Only what has a lock: a folder that is just being made has none yet.
    for lock in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        try:
            if time.time() - lock.stat().st_mtime > 60 and not _is_held(lock):
                shutil.rmtree(lock.parent, ignore_errors=True)
        except OSError:
            continue


def _is_held(lock: Path) -> bool:
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
