"""Servers and proxies that never come to an end: each answer drips, or is silent, as long as somebody listens."""

from __future__ import annotations

import gzip
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable

Manner = Callable[[socket.socket], None]

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_PAUSE = 0.1


def _request(peer: socket.socket) -> None:
    seen = b""
    while b"\r\n\r\n" not in seen:
        more = peer.recv(65536)
        if not more:
            raise ConnectionError
        seen += more


def _drip(head: bytes, drop: bytes, *, asked: bool = True, pause: float = _PAUSE) -> Manner:
    """`head` once the request is there, then `drop` for ever."""

    def answer(peer: socket.socket) -> None:
        if asked:
            _request(peer)
        peer.sendall(head)
        while True:
            if drop:
                peer.sendall(drop)
            time.sleep(pause)

    return answer


def _drip_gzip(peer: socket.socket) -> None:
    _request(peer)
    peer.sendall(_OK + b"Content-Encoding: gzip\r\nContent-Length: 99999\r\n\r\n")
    for byte in gzip.compress(os.urandom(50_000)):
        peer.sendall(bytes([byte]))
        time.sleep(_PAUSE)


def _tunnel_to_a_dripping_handshake(peer: socket.socket) -> None:
    _request(peer)
    peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    peer.recv(65536)
    HANDSHAKES["TLS handshake"](peer)


_HANDSHAKE = b"\x16\x03\x03\x40\x00"  # the head of a TLS record of 16 KB

ANSWERS: dict[str, Manner] = {
    "body": _drip(_OK + b"Content-Length: 99999\r\n\r\n", b" "),
    "chunked body": _drip(_OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "chunk head": _drip(_OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a"),
    "gzip body": _drip_gzip,
    "body of an error": _drip(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 99999\r\n\r\n", b" "),
    "status line": _drip(b"HTTP/1.1 200 ", b"O"),
    "header": _drip(_OK + b"A: ", b"a"),
    "headers": _drip(_OK, b"A: b\r\n"),
    "100 Continue": _drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "103 Early Hints": _drip(b"", b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n"),
    "silence": _drip(b"", b""),
}
HANDSHAKES: dict[str, Manner] = {
    "TLS handshake": _drip(_HANDSHAKE, b"\x02", asked=False),
    "silence before TLS": _drip(b"", b"", asked=False),
}
PROXIES: dict[str, Manner] = {
    "proxy": _drip(b"HTTP/1.1 200 ", b"O"),
    "headers of a proxy": _drip(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
    "silent proxy": _drip(b"", b""),
    "TLS through a proxy": _tunnel_to_a_dripping_handshake,
}
TOO_MUCH: dict[str, Manner] = {
    "100 Continue": _drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000, pause=0),
    "headers": _drip(_OK, b"A: b\r\n" * 10_000, pause=0),
    "header": _drip(_OK + b"A: ", b"a" * 100_000, pause=0),
}


class SlowServer:
    """Serves everybody in one manner, over TLS with a context."""

    def __init__(self, manner: Manner, context: ssl.SSLContext | None = None) -> None:
        self._manner = manner
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.at = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        try:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                peer = self._context.wrap_socket(peer, server_side=True)
            self._manner(peer)
        except OSError:
            pass  # the client went
        finally:
            peer.close()
