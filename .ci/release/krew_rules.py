"""What krew does with an archive, asked before it does: which entries it refuses, and what it then finds.

From krew v0.4.4: internal/download/downloader.go (kinds of archives, entries), internal/installation/install.go (the
program), cmd/validate-krew-manifest/main.go (the licence).
"""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_SIZE = 20_000_000  # ours: more takes too long to download
_LICENSES = {f"{name}{end}" for name in ("license", "licenses", "copying") for end in ("", ".txt", ".md")}
_LICENSES -= {"copying.md"}
_NO_FILES = "it has no files"


@dataclass(frozen=True)
class Entry:
    """One entry of an archive. `kind` is "file", "folder", or the word for what krew cannot unpack."""

    name: str
    kind: str
    mode: int


def problems(archive: Path, binary: str) -> list[str]:
    """Why krew would refuse this archive, or install something that does not run; nothing if all is well.

    `binary` is the program's name in the archive, as the manifest has it under `bin`.
    """
    content = archive.read_bytes()
    try:
        entries = list(_entries(content))
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, zlib.error) as error:
        return [f"it cannot be read: {error}"]
    found = [*_refused(entries), *_missing(entries, binary)]
    if len(content) >= MAX_SIZE:
        found.append(f"it has {len(content):,} bytes, more than {MAX_SIZE:,}")
    return found


def _entries(content: bytes) -> Iterator[Entry]:
    # By the first bytes, as Go's http.DetectContentType; krew does not look at the name.
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for info in archive.infolist():
                mode = info.external_attr >> 16
                kind = "folder" if info.is_dir() else "symbolic link" if stat.S_ISLNK(mode) else "file"
                # The name as it is written: ZipInfo.filename is changed on Windows.
                yield Entry(info.orig_filename, kind, mode)
    elif content.startswith(b"\x1f\x8b\x08"):
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
            for member in tar:
                if member.name != "pax_global_header":
                    yield Entry(member.name, _kind(member), member.mode)
    else:
        raise zipfile.BadZipFile("neither a zip file nor a gzipped tar file")


def _kind(member: tarfile.TarInfo) -> str:
    if member.isdir():
        return "folder"
    if member.type in (tarfile.REGTYPE, tarfile.AREGTYPE):
        return "file"
    return {tarfile.SYMTYPE: "symbolic link", tarfile.LNKTYPE: "hard link"}.get(member.type, f"entry {member.type!r}")


def _refused(entries: list[Entry]) -> Iterator[str]:
    names = set()
    for entry in entries:
        if ".." in entry.name:
            yield f"krew refuses an entry with '..' in its name: {entry.name}"
        if entry.name.startswith(("/", "\\")):
            yield f"krew refuses an entry with an absolute name: {entry.name}"
        if entry.kind not in ("file", "folder"):
            # In a zip file krew takes a symbolic link for a file that holds the link's text.
            yield f"krew cannot unpack a {entry.kind}: {entry.name}"
        if entry.name in names:
            yield f"krew writes one file over the other: {entry.name}"
        names.add(entry.name)


def _missing(entries: list[Entry], binary: str) -> Iterator[str]:
    files = {entry.name: entry for entry in entries if entry.kind == "file"}
    if not files:
        yield _NO_FILES
        return
    if binary not in files:
        yield f"the program {binary} is not in it"
    elif files[binary].mode & 0o111 != 0o111:
        yield f"the program {binary} is not executable"
    if not any(name.rpartition("/")[2].lower() in _LICENSES for name in files):
        yield "it has no LICENSE"
    if unreadable := [name for name, entry in files.items() if entry.mode & 0o444 != 0o444]:
        yield f"not everybody may read {unreadable[0]}"
