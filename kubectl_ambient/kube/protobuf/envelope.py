"""A list in protobuf, taken apart as it arrives: its metadata, then the bytes of one item after another.

The envelope is `k8s\\0` and a runtime.Unknown, whose `raw` holds the list: metadata, then the items, each with its
length before it [k8s.io/apimachinery/pkg/runtime/serializer/protobuf]. No more than one item is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

MAGIC = b"k8s\0"
CONTENT_TYPE = "application/vnd.kubernetes.protobuf"

_TYPE_META, _RAW = 1, 2  # of runtime.Unknown
_API_VERSION, _KIND = 1, 2  # of runtime.TypeMeta
_METADATA, _ITEMS = 1, 2  # of every list
_RESOURCE_VERSION, _CONTINUE = 2, 3  # of metav1.ListMeta
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10


class BadEnvelope(Exception):
    """What came is no list in protobuf, or ends too early; the text says which."""


class ListStream:
    """One list, read from chunks of bytes of any size. `items` comes to its end only with the list's own.

    api_version, kind, resource_version and continue_ are known once the first item is there, or the end.
    """

    def __init__(self, chunks: Iterable[bytes | bytearray]) -> None:
        self._chunks = chunks
        self._source = _Source(())
        self.api_version = ""
        self.kind = ""
        self.resource_version = ""
        self.continue_ = ""

    def items(self) -> Iterator[bytes]:
        """The bytes of each item. Raises BadEnvelope."""
        source = self._source = _begun(self._chunks)
        complete = False
        while not source.at_end():
            number, length = source.field()
            if number == _TYPE_META:
                told = _texts(source.take(length))
                self.api_version, self.kind = told.get(_API_VERSION, ""), told.get(_KIND, "")
            elif number == _RAW:
                yield from self._of_list(length)
                complete = True
            else:
                source.skip(length)
        if not complete:
            raise BadEnvelope("it ends before the list")

    def _of_list(self, length: int) -> Iterator[bytes]:
        source = self._source
        end = source.position + length
        while source.position < end:
            number, size = source.field()
            if number == _ITEMS:
                yield source.take(size)
            elif number == _METADATA:
                told = _texts(source.take(size))
                self.resource_version = told.get(_RESOURCE_VERSION, "")
                self.continue_ = told.get(_CONTINUE, "")
            else:
                source.skip(size)
        if source.position != end:
            raise BadEnvelope("an item reaches over the end of the list")


def unwrapped(body: bytes | bytearray) -> tuple[str, bytes]:
    """The kind of what an envelope holds, and its bytes. Raises BadEnvelope."""
    source = _begun((body,))
    kind, raw = "", None
    while not source.at_end():
        number, length = source.field()
        held = source.take(length)
        if number == _TYPE_META:
            kind = _texts(held).get(_KIND, "")
        elif number == _RAW:
            raw = held
    if raw is None:
        raise BadEnvelope("it holds nothing")
    return kind, raw


def continue_in(body: bytes | bytearray) -> str:
    """The token of the next page, from the beginning of a list; empty where there is none."""
    stream = ListStream((body,))
    with suppress(BadEnvelope):  # who reads the list tells it
        next(stream.items(), None)
    return stream.continue_


def _begun(chunks: Iterable[bytes | bytearray]) -> _Source:
    source = _Source(chunks)
    if source.take(len(MAGIC)) != MAGIC:
        raise BadEnvelope("it does not begin as protobuf of Kubernetes does")
    return source


class _Source:
    """Chunks as one text of bytes; `position` counts from its beginning."""

    def __init__(self, chunks: Iterable[bytes | bytearray]) -> None:
        self._chunks = iter(chunks)
        self._held = b""
        self._at = 0
        self.position = 0

    def at_end(self) -> bool:
        """Whether nothing comes any more."""
        return self._at == len(self._held) and not self._more()

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        while len(self._held) - self._at < count:
            if not self._more(count):
                raise BadEnvelope("it ends in the middle")
        taken = self._held[self._at : self._at + count]
        self._at += count
        self.position += count
        return taken

    def skip(self, count: int) -> None:
        """Leave out the next `count` bytes."""
        self.take(count)

    def field(self) -> tuple[int, int]:
        """The number of the next field, and how many bytes it takes; a number that is no text is left out at once."""
        tag = self._varint()
        number, kind = tag >> 3, tag & 7
        if kind == _BYTES:
            return number, self._varint()
        if kind == _VARINT:
            self._varint()
            return 0, 0
        if kind in (_FIXED32, _FIXED64):
            return 0, 4 if kind == _FIXED32 else 8
        raise BadEnvelope(f"a field of the unknown wire type {kind}")

    def _varint(self) -> int:
        if len(self._held) - self._at < _LONGEST_VARINT:
            self._more(_LONGEST_VARINT)
        value = shift = 0
        for byte in self._held[self._at : self._at + _LONGEST_VARINT]:
            self._at += 1
            self.position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise BadEnvelope("a number that does not end" if shift == 7 * _LONGEST_VARINT else "it ends in the middle")

    def _more(self, count: int = 1) -> bool:
        """Take in chunks until `count` bytes are held, or nothing comes any more."""
        parts: list[bytes | bytearray] = [self._held[self._at :]]
        size = len(parts[0])
        for chunk in self._chunks:
            parts.append(chunk)
            size += len(chunk)
            if size >= count:
                break
        grown = size > len(parts[0])
        self._held, self._at = b"".join(parts), 0
        return grown


def _texts(body: bytes) -> dict[int, str]:
    """The texts of a small message by their numbers."""
    source, found = _Source((body,)), {}
    while not source.at_end():
        number, length = source.field()
        found[number] = source.take(length).decode(errors="replace")
    return found
