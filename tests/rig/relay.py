"""The HTTP side of the fault proxy: takes requests, asks the real server, and relays or harms the answer."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import json
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

_REASONS = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    410: "Expired",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}

# Those that tell how one connection carries the body, which is another connection on our other side.
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "upgrade", "te", "trailer"}


class Harm(Protocol):
    """What is to happen to one answer."""

    kind: str
    status: int
    message: str
    headers: dict[str, str]
    done: bool
    after: int
    delay: float


class Orders(Protocol):
    """Who says which request is harmed, and wants to know of each."""

    def fault_for(self, method: str, path: str) -> Any:
        """The harm for this request, or None."""

    clock_ahead: float

    def record(self, method: str, path: str, status: int, began: float) -> None:
        """Take note of a request that is about to be answered, and of when it came in."""


@dataclass(frozen=True)
class Upstream:
    """The real server."""

    url: str
    tls: ssl.SSLContext

    def connect(self) -> http.client.HTTPSConnection:
        """A connection of its own for each request: nothing one request does reaches the next."""
        where = urlsplit(self.url)
        return http.client.HTTPSConnection(where.hostname or "", where.port, context=self.tls)


class Server(http.server.ThreadingHTTPServer):
    """Listens on a loopback port, with TLS if there is a context for it."""

    daemon_threads = True
    # Python's five are too few for reads side by side: who comes sixth is dropped, and tries again after a second.
    request_queue_size = 128

    def __init__(self, upstream: Upstream, orders: Orders, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.orders = orders
        self._tls = tls
        self._open: set[socket.socket] = set()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection; here, in its own thread, since a slow handshake must not stop the rest."""
        connection = self._tls.wrap_socket(request, server_side=True) if self._tls else request
        self._open.add(connection)
        try:
            super().finish_request(connection, client_address)
        finally:
            self._open.discard(connection)
            connection.close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is nothing to print."""

    def cut_all(self) -> None:
        """End every connection that is still open, streams too."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests read `requests`."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The `Date` of an answer."""
        return super().date_time_string((timestamp or time.time()) + self.server.orders.clock_ahead)

    def _pass(self) -> None:
        orders = self.server.orders
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        began = time.monotonic()
        fault: Harm | None = orders.fault_for(self.command, self.path)
        if fault and fault.kind == "status" and not fault.done:
            orders.record(self.command, self.path, fault.status, began)
            self._refuse(fault)
            return
        if fault and fault.kind == "hang":
            time.sleep(fault.delay)
        upstream = self.server.upstream.connect()
        try:
            self._ask(upstream, body)
            answer = upstream.getresponse()
            orders.record(self.command, self.path, answer.status, began)
            if fault and fault.kind == "status":
                self._refuse(fault)
            else:
                self._relay(answer, fault)
        finally:
            upstream.close()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _pass  # noqa: N815

    def _ask(self, upstream: http.client.HTTPSConnection, body: bytes) -> None:
        upstream.putrequest(self.command, self.path, skip_accept_encoding=True)
        # One by one, since a header may come several times (Impersonate-Group).
        for name, value in self.headers.items():
            if name.lower() not in _HOP_BY_HOP and name.lower() != "host":
                upstream.putheader(name, value)
        if body:
            upstream.putheader("Content-Length", str(len(body)))
        upstream.endheaders(body or None)

    def _refuse(self, fault: Harm) -> None:
        status = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": fault.message,
            "reason": _REASONS.get(fault.status, ""),
            "code": fault.status,
        }
        body = json.dumps(status).encode()
        self.send_response(fault.status)
        for name, value in {"Content-Type": "application/json", **fault.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _relay(self, answer: http.client.HTTPResponse, fault: Harm | None) -> None:
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP_BY_HOP and name.lower() not in ("date", "server"):
                self.send_header(name, value)
        if self.command == "HEAD" or answer.status in (204, 304):
            self.end_headers()
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in self._pieces(answer, fault):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def _pieces(self, answer: http.client.HTTPResponse, fault: Harm | None) -> Iterator[bytes]:
        passed = 0
        while piece := answer.read1(65536):
            if fault is None or fault.kind == "hang":
                yield piece
                continue
            unharmed, rest = piece[: max(0, fault.after - passed)], piece[max(0, fault.after - passed) :]
            passed += len(piece)
            if unharmed:
                yield unharmed
            if not rest:
                continue
            if fault.kind == "garbage":
                yield b"<html>a proxy in between says hello\x00\xff</html>"
                return
            if fault.kind == "reset":
                self._cut()
                return
            if fault.kind == "truncate":
                return
            for start in range(0, len(rest), 64):
                time.sleep(fault.delay)
                yield rest[start : start + 64]

    def _cut(self) -> None:
        """End the connection with a reset, so that not even an orderly end arrives."""
        # What was sent must be read first: a reset throws away what still lies in the buffers.
        time.sleep(0.05)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise ConnectionAbortedError
