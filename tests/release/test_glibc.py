"""The symbol versions that an ELF file needs."""

from __future__ import annotations

import io
import platform
import struct
import sys
import tarfile
from pathlib import Path

import pytest
from release.elf import Elf
from release.glibc import files_by_need, needed, parse, text

ADDRESS = 0x400000  # where the one segment of our files is loaded
SYMTAB = 2


def elf(*libraries: tuple[str, ...], sections: tuple[int, ...] = ()) -> bytes:
    """A shared library that needs these symbol versions, each tuple of one other library."""
    strings, places = bytearray(b"\0"), {}
    for version in [version for library in libraries for version in library]:
        places[version] = len(strings)
        strings += version.encode() + b"\0"
    needs = bytearray()
    for i, library in enumerate(libraries):
        size = 16 + 16 * len(library)
        needs += struct.pack("<HHIII", 1, len(library), 0, 16, size if i + 1 < len(libraries) else 0)
        for j, version in enumerate(library):
            needs += struct.pack("<IHHII", 0, 0, 2, places[version], 16 if j + 1 < len(library) else 0)
    head, tables = 64 + 2 * 56, 16 * 4
    at_needs = head + tables
    at_strings = at_needs + len(needs)
    at_sections = at_strings + len(strings)
    tags = [(5, ADDRESS + at_strings), (0x6FFFFFFE, ADDRESS + at_needs), (0x6FFFFFFF, len(libraries)), (0, 0)]
    dynamic = b"".join(struct.pack("<QQ", *tag) for tag in (tags if libraries else [tags[0], *[(0, 0)] * 3]))
    segments = struct.pack("<IIQQQQQQ", 1, 5, 0, ADDRESS, 0, at_sections, at_sections, 4096)
    segments += struct.pack("<IIQQQQQQ", 2, 6, head, ADDRESS + head, 0, tables, tables, 8)
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, at_sections, 0, 64, 56, 2, 64, len(sections), 0)
    table = b"".join(struct.pack("<II", 0, kind) + bytes(56) for kind in sections)
    return header + segments + dynamic + bytes(needs) + bytes(strings) + table


def test_the_newest_counts_and_as_numbers() -> None:
    content = elf(("GLIBC_2.2.5", "GLIBC_2.9", "GLIBC_2.34"), ("GCC_3.0", "OPENSSL_3.0.0"), ("GLIBC_2.17",))
    assert list(Elf(content).versions()) == [
        "GLIBC_2.2.5", "GLIBC_2.9", "GLIBC_2.34", "GCC_3.0", "OPENSSL_3.0.0", "GLIBC_2.17",
    ]  # fmt: skip
    assert needed(content) == (2, 34)


@pytest.mark.parametrize(
    "content", [b"", b"text", elf(), elf(("GCC_3.0",)), elf(("GLIBC_PRIVATE",)), b"\x7fELF\x01\x01" + bytes(99)]
)
def test_what_asks_for_none(content: bytes) -> None:
    assert needed(content) == ()


def test_symbols() -> None:
    assert Elf(elf(("GLIBC_2.4",), sections=(0, 1, SYMTAB))).has_symbols()
    assert not Elf(elf(("GLIBC_2.4",), sections=(0, 1, 11))).has_symbols(), "those that the loader needs are no symbols"


def test_versions_are_numbers() -> None:
    assert parse("2.28") > parse("2.9")
    assert text(parse("2.28")) == "2.28"


def test_the_most_demanding_file_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "x.tar.gz"
    files = {"a": elf(("GLIBC_2.9",)), "b": elf(("GLIBC_2.28",)), "c": b"text"}
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    assert files_by_need(path) == [((2, 28), "b"), ((2, 9), "a")]


if sys.platform == "linux":

    def test_this_python_needs_no_more_than_there_is() -> None:
        library, version = platform.libc_ver()
        found = needed(Path(sys.executable).resolve().read_bytes())
        assert library == "glibc"
        assert (2, 0) < found <= parse(version)
