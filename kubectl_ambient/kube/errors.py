"""What can go wrong with a cluster, each told in kubectl's words.

`str(error)` is the whole line to print, prefix included; `hint` is what to do next, or empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubectl_ambient.foreign import one_line, stacked

TIMED_OUT = (
    "Unable to connect to the server: context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
)
_LONGEST_TEXT = 2048  # what client-go cuts the text of a strange answer to


def why_not_opened(error: BaseException) -> str:
    """The system's word for a file that cannot be read: `no such file or directory`."""
    if isinstance(error, UnicodeDecodeError):
        return "not a text file"
    return (error.strerror or "").lower() if isinstance(error, OSError) else "invalid argument"


def printable(text: str, longest: int = _LONGEST_TEXT) -> str:
    """The words of others cut to `longest`, in one line and without credentials.

    They must not drive the terminal, nor pass for ours.
    """
    from .secrets import hide

    text = hide(text).strip()
    return one_line(text[:longest] + "…" if len(text) > longest else text)


class KubeError(Exception):
    """The parent of every error of this room. `str(e)` is a whole sentence in kubectl's words."""

    exit_code = 1
    sent = True
    """False where the request did not leave; True where it did, or where that is not known."""
    retried = False
    """Whether an earlier try of the same request got an answer that does not say that nothing was done."""

    reset = False
    """Whether the connection broke off in a way that the same request may not meet again."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        message: str = self.args[0]  # an exception's own str() would forget which line ends are ours
        return message


class UsageError(KubeError):
    """Wrong usage, found before anything is read: an unknown resource type, an invalid selector or timeout."""

    exit_code = 2


class ConfigError(KubeError):
    """A kubeconfig, a credential plugin or a proxy setting that cannot be used."""


class ConnectionFailed(KubeError):
    """The server could not be reached, or stopped answering in the middle."""


class BadAnswer(KubeError):
    """An answer that is not what was asked for: no JSON, another kind, or a field of another type."""


class ApiError(KubeError):
    """The server's refusal: `status` (HTTP code), `reason` and `message` of its Status, `details` or {}."""

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        details: Mapping[str, Any] | None = None,
        *,
        hint: str = "",
    ) -> None:
        self.status = status
        self.reason = reason
        self.message = printable(message)
        self.details: Mapping[str, Any] = details or {}
        super().__init__(_sentence(reason, self.message, self.details), hint=hint)

    @property
    def is_unauthorized(self) -> bool:
        """The credentials are not known to the server (401)."""
        return self.status == 401 or self.reason == "Unauthorized"

    @property
    def is_forbidden(self) -> bool:
        """The user may not do this (403)."""
        return self.status == 403 or self.reason == "Forbidden"

    @property
    def is_not_found(self) -> bool:
        """There is no such object, or no such resource type (see `is_resource_missing`)."""
        return self.status == 404 or self.reason == "NotFound"

    @property
    def is_resource_missing(self) -> bool:
        """The server has no such resource type, as when a CustomResourceDefinition is not installed."""
        return self.is_not_found and not self.details.get("name")

    @property
    def is_conflict(self) -> bool:
        """Somebody else changed the object meanwhile (409)."""
        return self.status == 409 and self.reason != "AlreadyExists"

    @property
    def is_gone(self) -> bool:
        """The resource version or the continue token is too old (410): list again."""
        return self.status == 410 or self.reason in ("Expired", "Gone")

    @property
    def is_too_many_requests(self) -> bool:
        """The server asks to come back later (429)."""
        return self.status == 429 or self.reason == "TooManyRequests"

    @property
    def leaves_open(self) -> bool:
        """Whether what was asked for may have been done all the same, or be done yet: a server error, a timeout."""
        return self.status >= 500 or self.status == 408 or self.reason in ("Timeout", "ServerTimeout")


class Expired(ApiError):
    """A watch whose resource version the server no longer has: list again, then watch from there."""


def _sentence(reason: str, message: str, details: Mapping[str, Any]) -> str:
    if reason == "Unauthorized":
        return f"error: You must be logged in to the server ({message})"
    if reason == "Invalid":
        return _invalid(message, details)
    if reason:
        return f"Error from server ({reason}): {message}"
    return f"Error from server: {message}"


def _invalid(message: str, details: Mapping[str, Any]) -> str:
    kind, name = str(details.get("kind") or ""), str(details.get("name") or "")
    causes = [
        f"{printable(str(c.get('field', '')))}: {printable(str(c.get('message', '')))}"
        for c in details.get("causes") or ()
        if isinstance(c, Mapping)
    ]
    causes = list(dict.fromkeys(causes))
    head = "The request is invalid"
    if kind or name:
        head = f'The {printable(kind)} "{printable(name)}" is invalid'
    elif message and not causes:
        return f"{head}: {message}"
    if not causes:
        return head
    if len(causes) == 1:
        return f"{head}: {causes[0]}"
    return stacked([f"{head}: ", *(f"* {c}" for c in causes)])
