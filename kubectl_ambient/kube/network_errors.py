"""What happens on the wire, in the words of kubectl (that is, of Go's net, tls and x509 packages)."""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from .errors import TIMED_OUT, ConnectionFailed, printable
from .secrets import host_of

_UNABLE = "Unable to connect to the server: "
_SYSCALL = {
    errno.EHOSTUNREACH: "connect: no route to host",
    errno.ENETUNREACH: "connect: network is unreachable",
    errno.EACCES: "connect: permission denied",
    errno.ETIMEDOUT: "connect: connection timed out",
}
_EARLY_END = ("RemoteDisconnected", "IncompleteRead")  # of http.client
_ENDED_EARLY = "Response ended prematurely"  # urllib3 has a plain ProtocolError for a chunked answer that stops
_TLS_REASONS = {
    "WRONG_VERSION_NUMBER": "http: server gave HTTP response to HTTPS client",
    "HTTP_REQUEST": "http: server gave HTTP response to HTTPS client",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "remote error: tls: certificate required",
    "TLSV1_ALERT_UNKNOWN_CA": "remote error: tls: unknown certificate authority",
    "SSLV3_ALERT_BAD_CERTIFICATE": "remote error: tls: bad certificate",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "remote error: tls: handshake failure",
    "UNEXPECTED_EOF_WHILE_READING": "EOF",
}
_AUTHORITY_HINT = (
    "the server's certificate is not signed by the certificate-authority of this cluster in the kubeconfig"
)


def network_error(error: BaseException, server: str, proxy: str = "", *, hint: str = "") -> ConnectionFailed:
    """`error`, as urllib3 raised it for a request to `server` (a URL), as one sentence."""
    causes = list(_causes(error))
    told = _told(error, causes, server, proxy, hint)
    told.sent = not _while_connecting(causes)
    return told


def _while_connecting(causes: list[BaseException]) -> bool:
    """Whether there was no connection yet over which a request could have gone."""
    import urllib3.exceptions as u

    before = (u.NewConnectionError, u.ConnectTimeoutError, u.ProxyError, ssl.SSLCertVerificationError, socket.gaierror)
    if _first(causes, *before, ConnectionRefusedError):
        return True
    tls = _first(causes, ssl.SSLError)
    return isinstance(tls, ssl.SSLError) and tls.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST")


def _told(error: BaseException, causes: list[BaseException], server: str, proxy: str, hint: str) -> ConnectionFailed:
    import urllib3.exceptions as u

    if isinstance(error, u.ProxyError) or (proxy and _first(causes, u.NewConnectionError)):
        at = host_of(proxy)
        return ConnectionFailed(f"{_UNABLE}{_proxy_words(causes, at)}", hint=hint or f"the proxy is {at}")
    if isinstance(tls := _first(causes, ssl.SSLError), ssl.SSLError):
        words, tls_hint = _tls_words(tls)
        return ConnectionFailed(f"{_UNABLE}{words}", hint=hint or tls_hint)
    if _first(causes, ConnectionRefusedError):
        where = host_of(server)
        return ConnectionFailed(
            f"The connection to the server {where} was refused - did you specify the right host or port?",
            hint=hint,
        )
    if _first(causes, u.ReadTimeoutError):
        return ConnectionFailed(TIMED_OUT, hint=hint)
    return ConnectionFailed(f"{_UNABLE}{_socket_words(causes, server)}", hint=hint)


def _socket_words(causes: list[BaseException], server: str) -> str:
    import urllib3.exceptions as u

    parts = urlsplit(server)
    at = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    if _first(causes, socket.gaierror, UnicodeError):  # or a name that no host can have
        return f"dial tcp: lookup {parts.hostname}: no such host"
    for cause in causes:
        if isinstance(cause, OSError) and cause.errno in _SYSCALL:
            return f"dial tcp {at}: {_SYSCALL[cause.errno]}"
    # urllib3 takes every failure to connect for a kind of this one, so it comes after them.
    if _first(causes, u.ConnectTimeoutError) and not _first(causes, u.NewConnectionError):
        return f"dial tcp {at}: i/o timeout"
    if _first(causes, ConnectionResetError, BrokenPipeError, ConnectionAbortedError):
        return f"read tcp {at}: connection reset by peer"
    if _first(causes, u.IncompleteRead, u.InvalidChunkLength):
        return "unexpected EOF"
    if any(_ENDED_EARLY in str(c) for c in causes):
        return "unexpected EOF"
    if any(type(c).__name__ in _EARLY_END for c in causes):
        return "EOF"
    return _own_words(causes)


def _own_words(causes: list[BaseException]) -> str:
    """What else may happen, without a library's words: they may quote what was sent."""
    import http.client

    for cause in causes:
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno).lower()
    if _first(causes, http.client.HTTPException):
        return "malformed HTTP response"
    return f"the connection failed ({type(causes[-1]).__name__})"


def is_reset(error: BaseException) -> bool:
    """Whether the connection broke off in a way that another try may not meet: a reset, or an early end."""
    import urllib3.exceptions as u

    return any(
        isinstance(c, ConnectionResetError | BrokenPipeError | u.IncompleteRead | u.InvalidChunkLength)
        or type(c).__name__ in _EARLY_END
        or _ENDED_EARLY in str(c)
        for c in _causes(error)
    )


def _first(causes: list[BaseException], *kinds: type[BaseException]) -> BaseException | None:
    return next((c for c in causes if isinstance(c, kinds)), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it came from, outermost first: urllib3 keeps them in several places."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        e = waiting.pop(0)
        if isinstance(e, BaseException) and id(e) not in seen:
            seen.add(id(e))
            yield e
            waiting += [getattr(e, "reason", None), getattr(e, "original_error", None), *e.args]
            waiting += [e.__cause__, e.__context__]


def _proxy_words(causes: list[BaseException], at: str) -> str:
    for cause in causes:
        if isinstance(cause, ConnectionRefusedError):
            return f"proxyconnect tcp: dial tcp {at}: connect: connection refused"
        if isinstance(cause, socket.gaierror):
            return f"proxyconnect tcp: dial tcp: lookup {at.rpartition(':')[0] or at}: no such host"
    text = next((str(c) for c in causes if "Tunnel connection failed" in str(c)), "")
    if refused := re.search(r"Tunnel connection failed: \d+ (.*?)['\")]*$", text):
        return printable(refused[1], 200)
    return f"proxyconnect tcp: {_own_words(causes)}"


def _tls_words(error: ssl.SSLError) -> tuple[str, str]:
    if isinstance(error, ssl.SSLCertVerificationError):
        words = error.verify_message
        prefix = "tls: failed to verify certificate: x509: "
        match error.verify_code:
            case 10:
                return f"{prefix}certificate has expired or is not yet valid", "is the clock right?"
            case 9:
                return f"{prefix}certificate has expired or is not yet valid", "is the clock right?"
            case 18 | 19 | 20 | 21:
                return f"{prefix}certificate signed by unknown authority", _AUTHORITY_HINT
        if mismatch := re.search(r"not valid for '([^']*)'", words):
            return f"{prefix}certificate is not valid for {mismatch[1]}", "see --tls-server-name"
        return f"{prefix}{printable(words, 200)}", ""
    reason = error.reason or ""
    return _TLS_REASONS.get(
        reason, f"tls: {printable(reason.lower().replace('_', ' ') or 'handshake failure', 200)}"
    ), ""
