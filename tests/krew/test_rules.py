"""Our checker says what krew says: each archive here is put before both."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from release.archive import sha256
from release.krew_rules import problems
from release.machine import Machine
from release.manifest import manifest
from release.project import PLUGIN, this_platform

BINARY = this_platform().binary
GOOD = {BINARY: b"#!/bin/sh\n", f"{BINARY.rpartition('/')[0]}/LICENSE": b"Apache\n"}


def tar(*extra: tarfile.TarInfo, mode: str = "w:gz") -> bytes:
    """A good archive, and what is added to it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in GOOD.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
        for entry in extra:
            archive.addfile(entry, io.BytesIO(bytes(entry.size)))
    return packed.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    """One more entry of a tar file."""
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.mode = kind, target, 0o755
    made.size = 3 if kind == tarfile.REGTYPE else 0
    return made


def packed_zip(*extra: str) -> bytes:
    """A good archive as .zip, and files that are added to it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in (*GOOD, *extra):
            info = zipfile.ZipInfo(name)
            info.external_attr = (stat.S_IFREG | 0o755) << 16
            archive.writestr(info, b"x")
    return packed.getvalue()


def without_program() -> bytes:
    """A good archive in all but the one thing."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("kubectl-ambient/LICENSE"))
    return packed.getvalue()


ACCEPTED: dict[str, Callable[[], bytes]] = {
    "tar": tar,
    "zip": packed_zip,
    "folder": lambda: tar(entry("kubectl-ambient/more", tarfile.DIRTYPE)),
    "pax header": lambda: tar(entry("pax_global_header", tarfile.SYMTYPE, "x")),
    "dot": lambda: tar(entry("kubectl-ambient/.hidden")),
}
REFUSED: dict[str, Callable[[], bytes]] = {
    "symbolic link": lambda: tar(entry("kubectl-ambient/link", tarfile.SYMTYPE, "LICENSE")),
    "link to a folder": lambda: tar(entry("kubectl-ambient/up", tarfile.SYMTYPE, "..")),
    "hard link": lambda: tar(entry("kubectl-ambient/link", tarfile.LNKTYPE, "kubectl-ambient/LICENSE")),
    "pipe": lambda: tar(entry("kubectl-ambient/pipe", tarfile.FIFOTYPE)),
    "way up": lambda: tar(entry("kubectl-ambient/../../evil")),
    "two dots in a name": lambda: tar(entry("kubectl-ambient/a..b")),
    "absolute": lambda: tar(entry("/evil")),
    "absolute on Windows": lambda: tar(entry("\\evil")),
    "way up in a zip": lambda: packed_zip("../evil"),
    "absolute in a zip": lambda: packed_zip("/evil"),
    "not compressed": lambda: tar(mode="w"),
    "bzip2": lambda: tar(mode="w:bz2"),
    "cut": lambda: tar()[:-40],
    "no program": without_program,
    "empty": lambda: b"",
}


def installs(machine: Machine, archive: Path) -> bool:
    """Whether krew installs an archive."""
    path = archive.with_suffix(".yaml")
    path.write_text(manifest({this_platform(): sha256(archive)}), encoding="utf-8")
    machine.publish(path.read_text(encoding="utf-8"))
    machine.krew("update")
    told = machine.krew("install", f"--manifest={path}", f"--archive={archive}")
    assert "checksum" not in told.stderr
    assert (told.code == 0) == (f"receipts/{PLUGIN}.yaml" in machine.remains())
    return told.code == 0


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name: str, machine: Machine, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    archive.write_bytes(ACCEPTED[name]())
    assert problems(archive, BINARY) == []
    assert installs(machine, archive)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, machine: Machine, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    archive.write_bytes(REFUSED[name]())
    assert problems(archive, BINARY) != []
    assert not installs(machine, archive)
