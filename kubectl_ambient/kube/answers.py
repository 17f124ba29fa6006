"""What an answer that is not a success says, as an ApiError in kubectl's words."""

from __future__ import annotations

from typing import Any

import msgspec

from .errors import ApiError, Expired
from .resources import Resource

# The words that client-go has for an answer without a Status, by HTTP status.
_GENERIC = {
    400: ("BadRequest", "the server rejected our request for an unknown reason"),
    401: ("Unauthorized", "the server has asked for the client to provide credentials"),
    404: ("NotFound", "the server could not find the requested resource"),
    405: ("MethodNotAllowed", "the server does not allow this method on the requested resource"),
    409: ("Conflict", "the server reported a conflict"),
    410: ("Expired", "the requested resource version is no longer available"),
    422: ("Invalid", "the server rejected our request due to an error in our request"),
    429: (
        "TooManyRequests",
        "the server has received too many requests and has asked us to try again later",
    ),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
    504: (
        "Timeout",
        "the server was unable to return a response in the time allotted, but may still be processing the request",
    ),
}
_QUOTING = {403: "Forbidden", 406: "NotAcceptable", 415: "UnsupportedMediaType"}


class Status(msgspec.Struct, gc=False):
    """The API's own answer to a request that failed; `code` is the HTTP status it stands for."""

    kind: str = ""
    status: str = ""
    reason: str | None = None
    message: str | None = None
    code: int | None = None
    details: dict[str, Any] | None = None


PROTOBUF = b"k8s\0"  # what an answer in Kubernetes' protobuf begins with
_STATUS = msgspec.json.Decoder(Status)  # made here, since making one is no matter for several threads


def read_status(body: bytes | bytearray | msgspec.Raw) -> Status | None:
    """The Status that `body` holds, if it is one, in either encoding."""
    if not isinstance(body, msgspec.Raw) and body[: len(PROTOBUF)] == PROTOBUF:
        from .protobuf.status import status_in

        return status_in(body)
    try:
        status = _STATUS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return status if status.kind == "Status" else None


def api_error(
    code: int,
    body: bytes | bytearray,
    content_type: str = "",
    *,
    method: str = "GET",
    resource: Resource | None = None,
    name: str = "",
) -> ApiError:
    """The error of an answer with the HTTP status `code`. Only a Status is believed; other text is quoted."""
    status = read_status(body)
    if status is not None:
        return status_error(status, code, resource)
    text = ""
    if content_type.partition(";")[0].strip().startswith("text/plain"):
        text = bytes(body[:2048]).decode("utf-8", errors="replace").strip()
    reason, message = _generic(code, text or "unknown")
    if resource is not None:
        of = " ".join(filter(None, (method.lower(), resource.full_name, name)))
        message = f"{message} ({of})"
    return _make(code, reason, message, {}, resource)


def status_error(status: Status, code: int, resource: Resource | None = None) -> ApiError:
    """The error that a Status tells; `code` is used where it has none."""
    code = status.code or code
    reason = status.reason or ""
    return _make(code, reason, status.message or "unknown", status.details or {}, resource)


def not_served(resource: Resource) -> ApiError:
    """What a server says to who asks for a type that it does not have."""
    return _make(404, "NotFound", "the server could not find the requested resource", {}, resource)


def _make(code: int, reason: str, message: str, details: dict[str, Any], resource: Resource | None) -> ApiError:
    kind = Expired if code == 410 or reason in ("Expired", "Gone") else ApiError
    error = kind(code, reason, message, details)
    if error.is_resource_missing and resource is not None:
        error.args = (f'error: the server doesn\'t have a resource type "{resource.plural}"',)
    return error


def _generic(code: int, text: str) -> tuple[str, str]:
    if code in _QUOTING:
        return _QUOTING[code], text
    if code in _GENERIC:
        return _GENERIC[code]
    if code >= 500:
        quoted = msgspec.json.encode(text).decode()
        return (
            "InternalError",
            f"an error on the server ({quoted}) has prevented the request from succeeding",
        )
    return (
        "",
        f"the server responded with the status code {code} but did not return more information",
    )
