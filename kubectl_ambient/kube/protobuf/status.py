"""A Status in protobuf: what a request for protobuf gets where it is refused."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from kubectl_ambient.kube.answers import Status

from .envelope import BadEnvelope, unwrapped
from .views import ERRORS, viewer


class _Cause(Struct):
    reason: str | None = None
    message: str | None = None
    field: str | None = None


class _Details(Struct, rename="camel"):
    name: str | None = None
    group: str | None = None
    kind: str | None = None
    causes: list[_Cause] | None = None
    retry_after_seconds: int | None = None


class _Status(Struct):
    status: str | None = None
    message: str | None = None
    reason: str | None = None
    details: _Details | None = None
    code: int | None = None


def status_in(body: bytes | bytearray) -> Status | None:
    """The Status that an envelope holds, as it comes in JSON; None where it holds something else, or is broken."""
    try:
        kind, raw = unwrapped(body)
        if kind != "Status":
            return None
        found = viewer(_Status, kind)(raw)
        details = _details(found.details) if found.details else None
        return Status(kind, found.status, found.reason, found.message, found.code, details)
    except (BadEnvelope, *ERRORS):
        return None


def _details(found: Any) -> dict[str, Any]:
    causes = [{"reason": c.reason, "message": c.message, "field": c.field} for c in found.causes]
    told = {
        "name": found.name,
        "group": found.group,
        "kind": found.kind,
        "causes": causes,
        "retryAfterSeconds": found.retry_after_seconds,
    }
    return {key: value for key, value in told.items() if value}
