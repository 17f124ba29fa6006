"""What krew refuses is in tests/krew, held against krew itself; here is what we ask beyond that."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest
from release.krew_rules import MAX_SIZE, problems

BINARY = "tool/tool"


def packed(path: Path, entries: dict[str, int], size: int = 1) -> Path:
    """A .zip with these names and modes."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, mode in entries.items():
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, mode << 16
            archive.writestr(info, b"x" * size)
    return path


FILE = stat.S_IFREG | 0o644
PROGRAM = stat.S_IFREG | 0o755
GOOD = {BINARY: PROGRAM, "tool/LICENSE": FILE}


def test_nothing_is_said_of_a_good_one(tmp_path: Path) -> None:
    assert problems(packed(tmp_path / "x.zip", GOOD), BINARY) == []


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({**GOOD, BINARY: FILE}, "is not executable"),
        ({**GOOD, "tool/secret": stat.S_IFREG | 0o600}, "not everybody may read tool/secret"),
        ({BINARY: PROGRAM}, "has no LICENSE"),
        ({"tool/LICENSE": FILE}, f"the program {BINARY} is not in it"),
        # krew would make a file of it that holds the link's text.
        ({**GOOD, "tool/link": stat.S_IFLNK | 0o777}, "cannot unpack a symbolic link: tool/link"),
    ],
)
def test_what_is_missing(entries: dict[str, int], words: str, tmp_path: Path) -> None:
    (found,) = problems(packed(tmp_path / "x.zip", entries), BINARY)
    assert words in found


@pytest.mark.parametrize("name", ["LICENSE", "license.md", "COPYING", "Licenses.txt"])
def test_names_of_a_licence(name: str, tmp_path: Path) -> None:
    assert problems(packed(tmp_path / "x.zip", {BINARY: PROGRAM, f"tool/{name}": FILE}), BINARY) == []


def test_twice_the_same_name(tmp_path: Path) -> None:
    path = packed(tmp_path / "x.zip", GOOD)
    info = zipfile.ZipInfo("tool/LICENSE")
    info.external_attr = FILE << 16
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(info, b"y")
    assert problems(path, BINARY) == ["krew writes one file over the other: tool/LICENSE"]


def test_size(tmp_path: Path) -> None:
    (found,) = problems(packed(tmp_path / "x.zip", GOOD, MAX_SIZE // 2), BINARY)
    assert "bytes, more than 20,000,000" in found
