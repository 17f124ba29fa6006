"""What an ELF file tells about itself, as far as an archive for Linux depends on it.

From the ELF gABI, "Section Header" and "Dynamic Section", and the LSB, "Symbol Versioning".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = b"\x7fELF\x02\x01"  # 64 bits, little-endian, as both of our processors have them
_LOAD, _DYNAMIC = 1, 2
_SYMTAB = 2
_STRTAB, _VERNEED, _VERNEEDNUM = 5, 0x6FFFFFFE, 0x6FFFFFFF


@dataclass(frozen=True)
class Elf:
    """The content of a file that begins with MAGIC."""

    content: bytes

    def versions(self) -> Iterator[str]:
        """The symbol versions that it needs of other libraries, such as GLIBC_2.34."""
        tags = dict(self._dynamic())
        if _VERNEED not in tags:
            return
        strings, need = self._offset(tags[_STRTAB]), self._offset(tags[_VERNEED])
        for _ in range(tags[_VERNEEDNUM]):
            _, count, _, aux, following = struct.unpack_from("<HHIII", self.content, need)
            version = need + aux
            for _ in range(count):
                _, _, _, name, next_version = struct.unpack_from("<IHHII", self.content, version)
                yield self._text(strings + name)
                version += next_version
            need += following

    def has_symbols(self) -> bool:
        """Whether it holds what only debuggers and linkers read: `strip` would take that away."""
        (start,) = struct.unpack_from("<Q", self.content, 40)
        size, count = struct.unpack_from("<HH", self.content, 58)
        kinds = (struct.unpack_from("<I", self.content, start + size * i + 4) for i in range(count))
        return any(kind == _SYMTAB for (kind,) in kinds)

    def _segments(self) -> Iterator[tuple[int, int, int, int]]:
        """Each segment's type, offset, address and size in the file."""
        (start,) = struct.unpack_from("<Q", self.content, 32)
        size, count = struct.unpack_from("<HH", self.content, 54)
        for at in range(start, start + size * count, size):
            kind, _, offset, address, _, length = struct.unpack_from("<IIQQQQ", self.content, at)
            yield kind, offset, address, length

    def _dynamic(self) -> Iterator[tuple[int, int]]:
        for kind, offset, _, length in self._segments():
            if kind == _DYNAMIC:
                yield from struct.iter_unpack("<QQ", self.content[offset : offset + length])

    def _offset(self, address: int) -> int:
        for kind, offset, start, length in self._segments():
            if kind == _LOAD and start <= address < start + length:
                return offset + address - start
        raise ValueError(f"no segment holds the address {address:#x}")

    def _text(self, at: int) -> str:
        return self.content[at : self.content.index(b"\0", at)].decode()
