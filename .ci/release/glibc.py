"""The oldest glibc that a program runs with: the newest of the symbol versions that its ELF files ask for."""

from __future__ import annotations

import tarfile
from pathlib import Path

from .elf import MAGIC, Elf

Version = tuple[int, ...]
_PREFIX = "GLIBC_"


def needed(content: bytes) -> Version:
    """The newest version of glibc that one file asks for, () if it asks for none or is no ELF file."""
    if not content.startswith(MAGIC):
        return ()
    asked = [v.removeprefix(_PREFIX) for v in Elf(content).versions() if v.startswith(_PREFIX)]
    return max((parse(v) for v in asked if v[0].isdigit()), default=())


def parse(version: str) -> Version:
    """A version such as "2.28" as numbers."""
    return tuple(int(part) for part in version.split("."))


def text(version: Version) -> str:
    """A version as it is written."""
    return ".".join(map(str, version))


def files_by_need(archive: Path) -> list[tuple[Version, str]]:
    """Each ELF file of a .tar.gz archive with what it needs, the most demanding first."""
    with tarfile.open(archive) as tar:
        found = [(needed(tar.extractfile(entry).read()), entry.name) for entry in tar if entry.isfile()]  # type: ignore[union-attr]
    return sorted(((version, name) for version, name in found if version), reverse=True)
