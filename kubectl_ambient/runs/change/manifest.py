"""One file whose labels are set: its text, and how it is written again."""

from __future__ import annotations

import codecs
import contextlib
import os
import tempfile
from pathlib import Path

from msgspec import Struct

from kubectl_ambient.cluster.documents import is_empty
from kubectl_ambient.cluster.paths import Source
from kubectl_ambient.cluster.problem import Problem
from kubectl_ambient.cluster.sourced import by_name
from kubectl_ambient.cluster.taking import empty
from kubectl_ambient.runs.told import tell_large

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class Manifest(Struct, frozen=True):
    """A file and its text. mark, encoding: the bytes that it begins with to tell its encoding, and that."""

    path: str
    text: str
    mark: bytes = b""
    encoding: str = "utf-8"

    def save(self, text: str) -> None:
        """Put the text in the place of the file's, whole or not at all; a link stays one. Raises OSError.

        As sed's -i: a new file with the old one's rights takes its place.
        """
        target = Path(os.path.realpath(self.path))
        handle, new = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(self.mark + text.encode(self.encoding))
            Path(new).chmod(target.stat().st_mode & 0o7777)
            Path(new).replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(new).unlink()
            raise

    def printed(self, text: str) -> str:
        """The text with the mark that the file begins with; that of UTF-16 goes, since it is printed as UTF-8."""
        return f"\ufeff{text}" if self.mark and self.encoding == "utf-8" else text


def manifest_of(source: Source) -> Manifest | Problem | None:
    """The file of a source, or why there is none; None for one that is passed over, as by kubectl."""
    if (why := by_name(source.path)) is not None:
        return Problem(file=source.path, why=why, harmless=True) if why else None
    data = source.data(tell_large)
    if isinstance(data, Problem):
        return data
    text = source.decoded(data)
    if isinstance(text, Problem):
        return text
    if is_empty(text):
        return None if source.found else empty(source.path)
    mark, encoding = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", "utf-8"))
    return Manifest(source.path, text, mark, encoding)
