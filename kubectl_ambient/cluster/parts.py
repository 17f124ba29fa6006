"""A stream of YAML cut at its lines `---`, so that a broken document hides no other, and none is kept for long."""

from __future__ import annotations

import codecs
import re
from typing import Protocol

from kubectl_ambient.kube.yaml_bounds import LARGEST, TOO_LARGE

_SEPARATOR = re.compile(rb"^---[ \t]*(?:#[^\n]*)?\r?$", re.MULTILINE)
_CHUNK = 1 << 18
_LONG_LINE = 1 << 20
_LONGEST_SKIP = 1 << 30
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Bytes(Protocol):
    """A file that is open for reading."""

    def read(self, size: int, /) -> bytes:
        """The next bytes; none at the end."""
        ...


class Unreadable(ValueError):
    """The stream cannot be read on, or not this part of it; the message says why."""


class TooLarge(Unreadable):
    """One object of the part is too large; the next part may be read."""


class Text:
    """A file as text, UTF-8 or UTF-16 (a redirected `kubectl get` on Windows), in pieces."""

    def __init__(self, file: Bytes) -> None:
        self._file = file
        self._decoder: codecs.IncrementalDecoder | None = None
        self._lines = 0
        self._bad = False

    def read(self) -> str:
        """The next piece; empty at the end. Raises Unreadable where what follows is no text."""
        found = ""
        while not (found or self._bad):
            data = self._file.read(_CHUNK)
            if self._decoder is None:
                while data and len(data) < 3 and (more := self._file.read(_CHUNK)):
                    data += more
                self._decoder = codecs.getincrementaldecoder("utf-16" if data[:2] in _UTF16 else "utf-8-sig")()
            try:
                found = self._decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                # What is good before it is still given.
                found = error.object[: error.start].decode(error.encoding, "replace").removeprefix("\ufeff")
                self._bad = True
            if not data:
                break
        if self._bad and not found:
            raise Unreadable(f"not UTF-8 text (line {self._lines + 1})")
        self._lines += found.count("\n")
        return found


class Parts:
    """What stands between two lines `---`, one part after the other: each is a stream for the parser."""

    def __init__(self, source: Text, before: str = "", line: int = 0) -> None:
        """`before` is text that was taken from the source already, after so many lines."""
        self._source = source
        self._buffer = before.encode()
        self._at = 0
        self._ended = False  # the source
        self._over = True  # the present part
        self._inside_line = False
        self._since_mark = 0
        self._recent: list[tuple[int, int, bytes]] = []
        self._offset = 0
        self.line = line
        """How many lines of the file have been read."""
        self.lines_before = line
        """How many of them stand before the present part."""

    def next_part(self) -> bytes | None:
        """Leave the present part, whatever is left of it, and begin the next: its first bytes. None at the end.

        Raises Unreadable.
        """
        skipped = 0
        while not self._over:
            skipped += len(self._read())
            if skipped > _LONGEST_SKIP:
                raise Unreadable("the rest is not read: no line --- in 1 GiB")
        if self._ended and self._at == len(self._buffer):
            return None
        self.lines_before, self._over, self._offset, self._recent = self.line, False, 0, []
        self.mark()
        return self.read()

    @property
    def is_whole(self) -> bool:
        """Whether all of the present part has been read."""
        return self._over

    def mark(self) -> None:
        """One object of the present part is done: the next may be as large again."""
        self._since_mark = 0

    def read(self, _size: int = -1) -> bytes:
        """The next bytes of the present part; none at its end. Raises Unreadable, also where an object is too large."""
        found = self._read()
        self._since_mark += len(found)
        if self._since_mark > LARGEST:
            raise TooLarge(f"{TOO_LARGE} (up to line {self.line})")
        self._recent = [*self._recent[-1:], (self._offset, self.line - found.count(b"\n"), found)]
        self._offset += len(found)
        return found

    def line_at(self, offset: int) -> int:
        """The line of the file, from 1, of a byte of the present part that was read last."""
        for start, line, data in reversed(self._recent):
            if offset >= start:
                return line + data.count(b"\n", 0, offset - start) + 1
        return self.lines_before + 1

    def _read(self) -> bytes:
        while not self._over:
            cut = len(self._buffer) if self._ended else self._buffer.rfind(b"\n", self._at) + 1
            if cut <= self._at and not self._ended and len(self._buffer) - self._at > _LONG_LINE:
                cut = len(self._buffer)
            if cut <= self._at and not self._ended:
                self._fill()
                continue
            return self._take(cut)
        return b""

    def _take(self, cut: int) -> bytes:
        """What is in the buffer up to `cut`, or to the end of the part."""
        start = self._at
        from_line = self._buffer.find(b"\n", start, cut) + 1 if self._inside_line else start
        found = None if self._inside_line and not from_line else _SEPARATOR.search(self._buffer, from_line, cut)
        if found:
            taken, self._at, self._over = self._buffer[start : found.start()], found.end(), True
        else:
            taken, self._at = self._buffer[start:cut], cut
            self._over = self._ended
        self._inside_line = not found and not taken.endswith(b"\n")
        self.line += taken.count(b"\n")
        return taken

    def _fill(self) -> None:
        data = self._source.read()
        self._ended = not data
        self._buffer, self._at = self._buffer[self._at :] + data.encode("utf-8", "replace"), 0
