"""A stand-in for an API server that answers as a test says, for faults that no healthy server has."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from kubectl_ambient.kube.resources import find_resource


@dataclass
class Seen:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: Message
    body: bytes
    peer: dict[str, Any]


@dataclass
class Reply:
    """One answer. `chunks` instead of a body are sent one by one; `fault` is what goes wrong at the end."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    chunks: Iterable[bytes] | None = None
    # reset: before the answer; cut: body shorter than told; drop: no more chunks, no end; bare: chunks without
    # their frame, the end of the connection ends them
    fault: str = ""
    warnings: tuple[str, ...] = ()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Python's five are too few for reads side by side: who comes sixth is dropped, and tries again after a second.
    request_queue_size = 128


class StandIn:
    """Answers requests one after the other with `replies`; the last one stays."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.seen: list[Seen] = []
        self.replies: list[Reply | Callable[[Seen], Reply]] = []
        self._lock = threading.Lock()
        outer = self

        class Handler(_Handler):
            standin = outer

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        if context is not None:
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        scheme = "https" if context else "http"
        self.port = self._server.server_address[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def answers(self, *replies: Reply | Callable[[Seen], Reply]) -> None:
        """What to answer from now on."""
        self.seen.clear()
        self.replies = list(replies)

    def next_reply(self, seen: Seen) -> Reply:
        with self._lock:
            self.seen.append(seen)
            reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return reply if isinstance(reply, Reply) else reply(seen)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    standin: StandIn

    def handle_any(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        peer = self.connection.getpeercert() or {} if isinstance(self.connection, ssl.SSLSocket) else {}
        query = dict(parse_qsl(parts.query))
        reply = self.standin.next_reply(Seen(self.command, parts.path, query, self.headers, body, peer))
        if reply.fault == "reset":
            self._reset()
            return
        content = reply.body if isinstance(reply.body, bytes) else json.dumps(_typed(reply.body, parts.path)).encode()
        headers = {"Content-Type": reply.content_type, **reply.headers}
        if reply.headers.get("Content-Encoding") == "gzip":
            content = gzip.compress(content)
        self.send_response(reply.status)
        for text in reply.warnings:
            self.send_header("Warning", text)
        if reply.fault == "bare":
            headers["Connection"] = "close"
        elif reply.chunks is not None:
            headers["Transfer-Encoding"] = "chunked"
        else:
            headers["Content-Length"] = str(len(content) + (100 if reply.fault == "cut" else 0))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if reply.chunks is None:
            self.wfile.write(content)
            if reply.fault == "cut":
                self.close_connection = True
            return
        for chunk in reply.chunks:
            if reply.fault == "bare":
                self.wfile.write(chunk)
                continue
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.flush()
        if reply.fault == "drop":
            self._reset()
        elif reply.fault == "bare":
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    do_GET = do_PATCH = do_POST = handle_any  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _typed(body: Any, path: str) -> Any:
    """The object with its kind, as every server tells it, where a test left that out."""
    steps = path.split("/")[3 if path.startswith("/api/") else 4 :]
    if not (isinstance(body, dict) and "metadata" in body and "kind" not in body and steps and len(steps) % 2 == 0):
        return body
    resource = find_resource(steps[-2])
    return {"kind": resource.kind, "apiVersion": resource.api_version, **body}


def slowly(body: bytes, seconds: float, size: int = 8) -> Iterator[bytes]:
    """`body` in small pieces with a pause before each."""
    for i in range(0, len(body), size):
        time.sleep(seconds)
        yield body[i : i + size]


def status(code: int, reason: str, message: str = "no", **details: Any) -> Reply:
    """A Status, as the API tells a failure."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code}
    return Reply({**body, "reason": reason, "message": message, "details": details}, code)


def a_list(*items: Any, version: str = "7", more: str = "", kind: str = "PodList") -> Reply:
    """A page of a list."""
    metadata = {"resourceVersion": version, **({"continue": more} if more else {})}
    version = "meta.k8s.io/v1" if kind.startswith("PartialObject") else "v1"
    return Reply({"kind": kind, "apiVersion": version, "metadata": metadata, "items": list(items)})


def pod(name: Any, namespace: str = "shop", version: str = "1") -> dict[str, Any]:
    """A pod's metadata."""
    return {"metadata": {"name": name, "namespace": namespace, "resourceVersion": version}}
