"""What is asked for, as the header Accept says it: JSON or protobuf, objects or their metadata alone."""

from __future__ import annotations

METADATA = "PartialObjectMetadata"
_JSON = "application/json"
_PROTOBUF = "application/vnd.kubernetes.protobuf"


def an_object(metadata_only: bool) -> str:
    """One object, in JSON."""
    return f"{_JSON};{_as(METADATA)},{_JSON}" if metadata_only else _JSON


def a_list(metadata_only: bool) -> str:
    """A list, in JSON."""
    return f"{_JSON};{_as(f'{METADATA}List')},{_JSON}" if metadata_only else _JSON


def in_protobuf(metadata_only: bool) -> str:
    """A list in protobuf, in JSON from a server that does not have that."""
    return f"{_PROTOBUF};{_as(f'{METADATA}List')},{a_list(True)}" if metadata_only else f"{_PROTOBUF},{_JSON}"


def _as(kind: str) -> str:
    return f"as={kind};g=meta.k8s.io;v=v1"
