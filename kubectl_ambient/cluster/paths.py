"""Which files `-f` means, by kubectl's habits."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from kubectl_ambient.cluster.documents import decode
from kubectl_ambient.cluster.problem import Problem

STDIN = "-"
_EXTENSIONS = (".json", ".yaml", ".yml")


class File(Struct, frozen=True):
    """A file's path as it was given or found (`-` for standard input), and its text."""

    path: str
    text: str


def files(paths: Iterable[str], *, recursive: bool = False, stdin: BinaryIO | None = None) -> Iterator[File | Problem]:
    """The files of these paths, in order; a Problem for each that is not there or cannot be read.

    A named file is read whatever its name ends with; of a folder the .json, .yaml and .yml files, and those of
    its folders where `recursive`. A path that does not exist may be a pattern. `-` is standard input (`stdin`).
    """
    for path in paths:
        if path == STDIN:
            yield _text(STDIN, (stdin or sys.stdin.buffer).read)
        elif path.startswith(("http://", "https://")):
            yield Problem(why=f'"{path}" is a URL: download it, and pass the file')
        elif os.path.lexists(path):
            yield from _below(path, recursive)
        elif matches := sorted(glob.glob(path)):  # noqa: PTH207 - Path.glob takes no absolute pattern
            for match in matches:
                yield from _below(match, recursive)
        else:
            yield Problem(why=f'the path "{path}" does not exist')


def _below(path: str, recursive: bool) -> Iterator[File | Problem]:
    if not Path(path).is_dir():
        yield _text(path, Path(path).read_bytes)
        return
    empty = True
    for found in _walk(path, recursive):
        empty = False
        yield found if isinstance(found, Problem) else _text(found, Path(found).read_bytes)
    if empty:
        yield Problem(why=f"error reading [{path}]: recognized file extensions are [{' '.join(_EXTENSIONS)}]")


def _walk(folder: str, recursive: bool) -> Iterator[str | Problem]:
    """The manifests of a folder by name; links to folders are not followed, as in kubectl."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield Problem(file=folder, why=_why(error))
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if recursive:
                yield from _walk(entry.path, recursive)
        elif entry.name.endswith(_EXTENSIONS) and not entry.is_dir():
            yield entry.path


def _text(path: str, read: Callable[[], bytes]) -> File | Problem:
    try:
        return File(path, decode(read()))
    except OSError as error:
        return Problem(file=path, why=_why(error))
    except UnicodeDecodeError:
        return Problem(file=path, why="not UTF-8 text")


def _why(error: OSError) -> str:
    return f"cannot be read: {error.strerror or error}"
