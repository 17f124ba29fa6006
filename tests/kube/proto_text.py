"""Writes objects as Kubernetes writes them in protobuf: an encoder of the tests' own, by the published numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kubectl_ambient.kube.protobuf.envelope import MAGIC
from kubectl_ambient.kube.protobuf.fields import Field, fields_of

VARINT, BYTES = 0, 2


def varint(number: int) -> bytes:
    """A number; a negative one takes ten bytes."""
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def block(number: int, body: bytes) -> bytes:
    """A field that holds bytes."""
    return varint(number << 3 | BYTES) + varint(len(body)) + body


def encoded(message: str, value: dict[str, Any]) -> bytes:
    """The bytes of one message; what its fields are not known for is a Field that nobody reads."""
    known = fields_of(message)
    out = block(999, b"a field of a later version")
    for name, held in value.items():
        field = known.get(name)
        if field is None or held is None:
            continue
        out += b"".join(_field(field, item) for item in (held if field.repeated else [held]))
    return out


def _field(field: Field, value: Any) -> bytes:
    match field.holds:
        case "text":
            return block(field.number, value.encode())
        case "bool" | "int":
            return varint(field.number << 3 | VARINT) + varint(int(value))
        case "map":
            pairs = (block(1, key.encode()) + block(2, (text or "").encode()) for key, text in value.items())
            return b"".join(block(field.number, pair) for pair in pairs)
        case "IntOrString":
            number, text = (0, value) if isinstance(value, str) else (value, "")
            kind = int(isinstance(value, str))
            return block(
                field.number, varint(1 << 3) + varint(kind) + varint(2 << 3) + varint(number) + block(3, text.encode())
            )
        case "Time":
            moment = datetime.fromisoformat(value)
            nanos = moment.microsecond * 1000
            return block(
                field.number, varint(1 << 3) + varint(int(moment.timestamp() // 1)) + varint(2 << 3) + varint(nanos)
            )
    return block(field.number, encoded(field.holds, value))


def enveloped(kind: str, items: list[bytes], *, version: str = "7", token: str = "", api_version: str = "v1") -> bytes:
    """A list, as the API server sends it."""
    metadata = block(1, b"") + block(2, version.encode()) + (block(3, token.encode()) if token else b"")
    inner = block(1, metadata) + b"".join(block(2, item) for item in items)
    told = block(1, api_version.encode()) + block(2, kind.encode())
    return MAGIC + block(1, told) + block(2, inner) + block(3, b"") + block(4, b"")
