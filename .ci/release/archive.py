"""Writes archives that come out the same from the same files: sorted, and without time, owner or machine."""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

# The first moment that a zip file can tell.
EPOCH = 315532800


def files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Each file below a folder with its name in the archive; a link is what it points to, as krew takes no links."""
    found = []
    for parent, _, names in os.walk(folder, followlinks=True):
        found += [Path(parent, name) for name in names]
    named = ((path.relative_to(folder.parent).as_posix(), path) for path in found)
    yield from sorted(named)


def pack(folder: Path, target: Path, *, binary: str, moment: int) -> None:
    """Write a folder, under its own name, as .zip or .tar.gz.

    `binary` is the archive's name of the one file that may be run; `moment` is every file's time in Unix seconds.
    """
    write = _write_zip if target.suffix == ".zip" else _write_tar_gz
    write(target, [(name, path, 0o755 if name == binary else 0o644) for name, path in files(folder)], moment)


def _write_tar_gz(target: Path, entries: list[tuple[str, Path, int]], moment: int) -> None:
    with (
        target.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=9, fileobj=raw, mtime=0) as packed,
        tarfile.open(mode="w", fileobj=packed, format=tarfile.GNU_FORMAT) as tar,
    ):
        for name, path, mode in entries:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = path.stat().st_size, mode, moment
            with path.open("rb") as content:
                tar.addfile(entry, content)


def _write_zip(target: Path, entries: list[tuple[str, Path, int]], moment: int) -> None:
    when = time.gmtime(max(moment, EPOCH))[:6]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, path, mode in entries:
            entry = zipfile.ZipInfo(name, when)
            # As on Unix on every system: krew reads the mode, and Python's default here is the builder's own.
            entry.create_system, entry.external_attr = 3, (stat.S_IFREG | mode) << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)


def sha256(path: Path) -> str:
    """A file's sum, as krew and `sha256sum` write it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sum_file(archive: Path) -> Path:
    """Where the sum of an archive is kept."""
    return archive.with_name(f"{archive.name}.sha256")


def write_sum(archive: Path) -> None:
    """Write the sum beside the archive, in the form that `sha256sum --check` reads."""
    sum_file(archive).write_text(f"{sha256(archive)}  {archive.name}\n", encoding="utf-8", newline="\n")
