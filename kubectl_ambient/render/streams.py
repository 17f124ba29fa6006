"""stdout and stderr as they are found: open, closed, full, or with nobody at the other end."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys

TYPE_CHECKING = False  # of `typing`, which is itself slow to import
if TYPE_CHECKING:
    from typing import TextIO


class OutputLost(Exception):
    """What was printed did not arrive; as text, why, in lower case. `reader_gone`: nobody reads it any more."""

    def __init__(self, cause: OSError) -> None:
        super().__init__((cause.strerror or str(cause)).lower())
        self.reader_gone = isinstance(cause, BrokenPipeError)


class Stream(io.TextIOWrapper):
    """Knows whether something was `lost` on it. What is lost on stdout is an error, on stderr it is none."""

    lost: OutputLost | None = None
    raises = True

    def write(self, text: str) -> int:
        """As any file, but for OutputLost in the place of OSError."""
        try:
            return super().write(text)
        except OSError as error:
            self._lose(error)
            return len(text)

    def flush(self) -> None:
        """As any file, but for OutputLost in the place of OSError."""
        try:
            super().flush()
        except OSError as error:
            self._lose(error)

    def _lose(self, error: OSError) -> None:
        self.lost = OutputLost(error)
        if self.raises:
            raise self.lost from None


def take_over() -> None:
    """Make stdout and stderr Streams, and open the null device under each standard descriptor that came closed.

    Else the next connection got such a number, and what is printed went into it.
    """
    for number in range(3):
        if not _is_open(number):
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # a new file gets the lowest free number
    sys.stdout = _stream(sys.stdout)
    sys.stderr = _stream(sys.stderr)
    sys.stderr.raises = False


def is_lost(stream: TextIO) -> bool:
    """Whether it was closed when the program began, or something did not arrive."""
    return isinstance(stream, Stream) and stream.lost is not None


def give_up(stream: TextIO) -> None:
    """Let what waits in its buffer go nowhere, so that it is not tried again at the end of the process."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _stream(found: TextIO | None) -> Stream:
    """It writes into the buffer of the one that Python made; that one is kept, as `sys.__stdout__`."""
    if not isinstance(found, io.TextIOWrapper):
        stream = Stream(io.BufferedWriter(io.FileIO(os.devnull, "w")), encoding="utf-8")
        stream.lost = OutputLost(OSError(errno.EBADF, os.strerror(errno.EBADF)))
        return stream
    return Stream(
        found.buffer,
        encoding="utf-8",
        errors="backslashreplace",
        line_buffering=found.line_buffering,
        write_through=found.write_through,
    )
