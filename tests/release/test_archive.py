"""Archives are the same from the same files, whoever packs them and whenever."""

from __future__ import annotations

import os
import stat
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from release.archive import pack, sha256, sum_file, write_sum

FILES = {"tool": b"#!/bin/sh\n", "LICENSE": b"Apache\n", "lib/b.pyc": b"b", "lib/a.pyc": b"a" * 5000}
NAMES = ["tool/LICENSE", "tool/lib/a.pyc", "tool/lib/b.pyc", "tool/tool"]
MOMENT = 1_700_000_000


def make(parent: Path, names: list[str], *, mode: int, age: int) -> Path:
    """The folder `tool`, its files written in the order of `names`."""
    folder = parent / "tool"
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(FILES[name])
        path.chmod(mode)
        os.utime(path, (age, age))
    return folder


@pytest.mark.parametrize("suffix", ["tar.gz", "zip"])
def test_two_packings_are_the_same(suffix: str, tmp_path: Path) -> None:
    names = list(FILES)
    first = make(tmp_path / "first", names, mode=0o600, age=1_000_000_000)
    second = make(tmp_path / "second", names[::-1], mode=0o755, age=1_500_000_000)
    archives = [tmp_path / f"{folder.parent.name}.{suffix}" for folder in (first, second)]
    for folder, archive in zip((first, second), archives, strict=True):
        pack(folder, archive, binary="tool/tool", moment=MOMENT)
    assert archives[0].read_bytes() == archives[1].read_bytes()


@pytest.mark.parametrize("suffix", ["tar.gz", "zip"])
def test_the_moment_is_in_it(suffix: str, tmp_path: Path) -> None:
    folder = make(tmp_path, list(FILES), mode=0o644, age=1)
    archives = [tmp_path / f"{moment}.{suffix}" for moment in (MOMENT, MOMENT + 86400)]
    for archive, moment in zip(archives, (MOMENT, MOMENT + 86400), strict=True):
        pack(folder, archive, binary="tool/tool", moment=moment)
    assert archives[0].read_bytes() != archives[1].read_bytes()


def test_tar(tmp_path: Path) -> None:
    archive = tmp_path / "x.tar.gz"
    pack(make(tmp_path, list(FILES), mode=0o600, age=1), archive, binary="tool/tool", moment=MOMENT)
    assert archive.read_bytes()[3:8] == bytes(5), "gzip's own name and time (RFC 1952, 2.3)"
    with tarfile.open(archive) as tar:
        entries = tar.getmembers()
        assert tar.extractfile("tool/lib/a.pyc").read() == FILES["lib/a.pyc"]  # type: ignore[union-attr]
    assert [entry.name for entry in entries] == NAMES
    assert [entry.mode for entry in entries] == [0o644, 0o644, 0o644, 0o755]
    assert {(entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname) for entry in entries} == {
        (MOMENT, 0, 0, "", "")
    }


def test_zip(tmp_path: Path) -> None:
    archive = tmp_path / "x.zip"
    pack(make(tmp_path, list(FILES), mode=0o600, age=1), archive, binary="tool/tool", moment=0)
    with zipfile.ZipFile(archive) as packed:
        entries = packed.infolist()
        assert packed.read("tool/lib/a.pyc") == FILES["lib/a.pyc"]
    assert [entry.filename for entry in entries] == NAMES
    assert [stat.S_IMODE(entry.external_attr >> 16) for entry in entries] == [0o644, 0o644, 0o644, 0o755]
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}, "the first that a zip file can tell"


if sys.platform != "win32":  # which gives the right to make links to few

    def test_links_are_what_they_point_to(tmp_path: Path) -> None:
        folder = make(tmp_path, list(FILES), mode=0o644, age=1)
        (folder / "link").symlink_to("LICENSE")
        (folder / "more").symlink_to("lib", target_is_directory=True)
        archive = tmp_path / "x.tar.gz"
        pack(folder, archive, binary="tool/tool", moment=MOMENT)
        with tarfile.open(archive) as tar:
            assert all(entry.isreg() for entry in tar)
            assert tar.getnames() == sorted([*NAMES, "tool/link", "tool/more/a.pyc", "tool/more/b.pyc"])
            assert tar.extractfile("tool/link").read() == FILES["LICENSE"]  # type: ignore[union-attr]


def test_the_sum_is_as_sha256sum_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(b"abc")
    write_sum(path)
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, appendix B.1
    assert sha256(path) == abc
    assert sum_file(path).read_bytes() == f"{abc}  x.zip\n".encode()
