"""Bytes under a path, for libraries that take files only: no private key is on a disk, even if we are killed."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from .errors import ConfigError

_OPEN_FILES = ("/proc/self/fd", "/dev/fd")  # Linux; macOS and the BSDs


@contextlib.contextmanager
def as_path(content: bytes) -> Iterator[str]:
    """A path from which `content` can be read once, for the length of the block.

    It is memory (Linux) or a pipe, which nobody but this process can open and which ends with it. Windows has
    nothing of the kind that is as private: there it is a file in the user's own folder for temporary files, kept in
    memory where there is room, and deleted at the end. Raises ConfigError where an open file has no path.
    """
    if os.name == "nt":
        way = _temporary(content)
    else:
        way = _memory(content) if hasattr(os, "memfd_create") else _pipe(content)
    with way as path:
        yield path


@contextlib.contextmanager
def _memory(content: bytes) -> Iterator[str]:
    with os.fdopen(os.memfd_create("key"), "wb", buffering=0) as file:
        file.write(content)
        yield _path_of(file.fileno())


@contextlib.contextmanager
def _pipe(content: bytes) -> Iterator[str]:
    reader, writer = os.pipe()

    def write() -> None:
        # More than a pipe holds waits for the reader, who may have seen enough.
        with contextlib.suppress(OSError), os.fdopen(writer, "wb") as file:
            file.write(content)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    try:
        yield _path_of(reader)
    finally:
        os.close(reader)
        thread.join()


@contextlib.contextmanager
def _temporary(content: bytes) -> Iterator[str]:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="kubectl-ambient-") as folder:
        path = Path(folder, "key")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_SHORT_LIVED", 0)
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            file.write(content)
        yield str(path)


def _path_of(handle: int) -> str:
    for folder in _OPEN_FILES:
        if Path(folder, str(handle)).exists():
            return f"{folder}/{handle}"
    raise ConfigError(
        "error: a client certificate or key in the kubeconfig's own text cannot be used where there is no /proc",
        hint="name files: client-certificate and client-key; this program writes no key to a disk",
    )
