"""Which files `-f` means, by kubectl's habits."""

from __future__ import annotations

import contextlib
import glob
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from kubectl_ambient.cluster.documents import decode
from kubectl_ambient.cluster.problem import Problem

STDIN = "-"
OnLarge = Callable[[str, int], None]
"""Is told a path and its bytes."""
_LARGE = 32 << 20  # takes some seconds
_EXTENSIONS = (".json", ".yaml", ".yml")


class Source(Struct, frozen=True):
    """A file's path as it was given or found (`-` for standard input). `found`: in a folder, and not by its name."""

    path: str
    stdin: BinaryIO | None = None
    found: bool = False

    @contextlib.contextmanager
    def open(self, on_large: OnLarge | None = None) -> Iterator[BinaryIO]:
        """The file, open for reading. Raises OSError.

        A pipe is waited for, as by kubectl; a device that is no terminal may never end, and is refused.
        """
        if self.path == STDIN:
            yield _stdin(self.stdin)
            return
        with Path(self.path).open("rb", buffering=0) as file:
            status = os.fstat(file.fileno())
            if stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode):
                if not (file.isatty() or os.path.samestat(status, os.stat(os.devnull))):  # noqa: PTH116
                    raise OSError(0, "is a device")
            elif on_large and status.st_size >= _LARGE:
                on_large(self.path, status.st_size)
            yield file

    def text(self, on_large: OnLarge | None = None) -> str | Problem:
        """The whole text, or why there is none."""
        data = self.data(on_large)
        return data if isinstance(data, Problem) else self.decoded(data)

    def data(self, on_large: OnLarge | None = None) -> bytes | Problem:
        """All bytes, or why there are none."""
        try:
            with self.open(on_large) as file:
                return _all_of(file)
        except OSError as error:
            return Problem(file=self.path, why=why_unreadable(error))

    def decoded(self, data: bytes) -> str | Problem:
        """Its bytes as text, without a byte-order mark, or why they are none."""
        try:
            return decode(data)
        except UnicodeDecodeError as error:
            return Problem(file=self.path, why=f"not UTF-8 text (line {error.object.count(10, 0, error.start) + 1})")


def sources(
    paths: Iterable[str], *, recursive: bool = False, stdin: BinaryIO | None = None
) -> Iterator[Source | Problem]:
    """The files of these paths, in order; a Problem for each that is not there or cannot be listed.

    A named file is read whatever its name ends with; of a folder the .json, .yaml and .yml files, and those of
    its folders where `recursive`. A path that does not exist may be a pattern. `-` is standard input (`stdin`).
    """
    for path in paths:
        if path == STDIN:
            yield Source(STDIN, stdin)
        elif path.startswith(("http://", "https://")):
            yield Problem(why=f'"{path}" is a URL: download it, and pass the file')
        elif "\0" in path:
            yield Problem(why="a path with a NUL in it")
        elif os.path.lexists(path):
            yield from _below(path, recursive)
        elif matches := sorted(glob.glob(path)):  # noqa: PTH207 - Path.glob takes no absolute pattern
            for match in matches:
                yield from _below(match, recursive)
        else:
            yield Problem(why=f'the path "{path}" does not exist')


def why_unreadable(error: OSError) -> str:
    """What a Problem says of a file or folder that cannot be read."""
    return f"cannot be read: {error.strerror or error}"


def _stdin(given: BinaryIO | None) -> BinaryIO:
    if given is None and sys.stdin is None:
        raise OSError(0, "standard input is closed")
    return given or sys.stdin.buffer


def _all_of(file: BinaryIO) -> bytes:
    found = []
    while data := file.read(1 << 20):
        found.append(data)
    return b"".join(found)


def _below(path: str, recursive: bool) -> Iterator[Source | Problem]:
    if not Path(path).is_dir():
        yield Source(path)
        return
    empty = True
    for found in _walk(path, recursive):
        empty = False
        yield found
    if empty:
        yield Problem(why=f"error reading [{path}]: recognized file extensions are [{' '.join(_EXTENSIONS)}]")


def _walk(folder: str, recursive: bool) -> Iterator[Source | Problem]:
    """The manifests of a folder by name; links to folders are not followed, as in kubectl."""
    waiting = [iter(_entries(folder))]
    while waiting:
        entry = next(waiting[-1], None)
        if entry is None:
            waiting.pop()
        elif isinstance(entry, Problem):
            yield entry
        elif entry.is_dir(follow_symlinks=False):
            if recursive:
                waiting.append(iter(_entries(entry.path)))
        elif entry.name.endswith(_EXTENSIONS):
            yield from _entry(entry)


def _entries(folder: str) -> list[os.DirEntry[str] | Problem]:
    try:
        with os.scandir(folder) as found:
            return [*sorted(found, key=lambda entry: entry.name)]
    except OSError as error:
        return [Problem(file=folder, why=why_unreadable(error))]


def _entry(entry: os.DirEntry[str]) -> Iterator[Source | Problem]:
    try:
        mode = Path(entry.path).stat().st_mode
    except OSError as error:
        yield Problem(file=entry.path, why=why_unreadable(error))
        return
    if stat.S_ISREG(mode):
        yield Source(entry.path, found=True)
    else:
        what = "a link to a folder" if stat.S_ISDIR(mode) else "no regular file"
        yield Problem(file=entry.path, why=f"cannot be read: it is {what}")
