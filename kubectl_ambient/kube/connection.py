"""urllib3's connections, with a deadline over all that a request does on one, and Go's bounds where there is none.

Whatever reads a body gets the deadline with it: each receive waits only for the time that is left.
"""

from __future__ import annotations

import http.client
import io
import socket
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from .deadline import Deadline, TimedOut
from .errors import ConnectionFailed
from .link import Link

if TYPE_CHECKING:
    import urllib3

# What Go's net/http allows.
_TUNNEL_SECONDS = 60.0
_HANDSHAKE_SECONDS = 10.0
_HEADER_BYTES = 10 << 20

_RECORD = 1 << 14  # bytes; TLS sends no more at once, and what is sent at once is waited for once
_HANDSHAKE_TIMEOUT = "Unable to connect to the server: net/http: TLS handshake timeout"
_BROKEN = "Unable to connect to the server: net/http: HTTP/1.x transport connection broken: "
_HEADERS_TOO_LONG = f"{_BROKEN}net/http: server response headers exceeded {_HEADER_BYTES} bytes; aborted"


def with_deadlines(pool_class: type[urllib3.HTTPConnectionPool], to: Link) -> type[urllib3.HTTPConnectionPool]:
    """The pool whose requests take a Deadline as `pool_timeout`; urllib3 looks at that only in pools that block.

    to: learns from every answer.
    """
    connection: Any = pool_class.ConnectionCls

    class Connection(_Timed, connection):  # type: ignore[misc]
        link = to

    class Pool(pool_class):  # type: ignore[misc, valid-type]
        ConnectionCls = Connection

        def _get_conn(self, timeout: Any = None) -> Any:
            conn = super()._get_conn()
            conn.start(timeout)
            return conn

        def dialled(self, deadline: Deadline) -> Any:
            """A connection of its own, ready to be spoken over, which is not given back."""
            conn = self._new_conn()
            conn.start(deadline)
            if self.proxy is not None:
                self._prepare_proxy(conn)  # connects as well
            else:
                conn.connect()
            return conn

    return Pool


class _Timed:
    """What a connection does, each step within the deadline of the request that it is used for."""

    sock: Any
    timeout: float | None
    link: Link

    def start(self, deadline: Deadline) -> None:
        """The next request on this connection has that deadline."""
        self._deadline = deadline
        self.response_class = partial(_Answer, deadline)

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, **how: Any) -> None:
        if self.link.is_near and "gzip" in headers.get("Accept-Encoding", ""):
            headers = headers.copy()
            headers["Accept-Encoding"] = "identity"
        self._sent = self.link.sent()
        super().request(method, url, body, headers, **how)  # type: ignore[misc]

    def getresponse(self) -> Any:
        answer = super().getresponse()  # type: ignore[misc]
        self.link.answered(self._sent)
        return answer

    def connect(self) -> None:
        try:
            self._deadline.run(self._connect)
        except TimedOut:
            if self.sock is not None:
                with suppress(OSError):
                    self.sock.shutdown(socket.SHUT_RDWR)  # wakes the thread that was left behind
            raise

    def _connect(self) -> None:
        try:
            super().connect()  # type: ignore[misc]
        except TimeoutError as e:  # what urllib3 says of any other step is no TimeoutError
            raise ConnectionFailed(_HANDSHAKE_TIMEOUT) from e
        self.sock.settimeout(self.timeout)

    def _new_conn(self) -> Any:
        sock = super()._new_conn()  # type: ignore[misc]
        sock.settimeout(_HANDSHAKE_SECONDS)
        return sock

    def _tunnel(self) -> None:
        self.response_class = partial(_Answer, Deadline(_TUNNEL_SECONDS))
        super()._tunnel()  # type: ignore[misc]
        self.response_class = partial(_Answer, self._deadline)
        self.sock.settimeout(_HANDSHAKE_SECONDS)

    def send(self, data: Any) -> None:
        if self.sock is None or not isinstance(data, bytes):
            super().send(data)  # type: ignore[misc]
            return
        for i in range(0, len(data), _RECORD):
            if (seconds := self._deadline.next_wait()) is not None:
                self.sock.settimeout(seconds)
            try:
                super().send(data[i : i + _RECORD])  # type: ignore[misc]
            except TimeoutError:
                self._deadline.left()
                raise


class _Answer(http.client.HTTPResponse):
    """An answer, whose every read has its time."""

    def __init__(self, deadline: Deadline, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self._reads = _Reads(self.fp.detach(), sock, deadline)
        self.fp = io.BufferedReader(self._reads)

    def begin(self) -> None:
        try:
            super().begin()
        except http.client.HTTPException as e:
            if type(e) in (http.client.HTTPException, http.client.LineTooLong):  # Python's own bounds
                raise ConnectionFailed(f"{_BROKEN}{e}") from e
            raise
        self._reads.header_bytes = None

    def _read_status(self) -> tuple[str, int, str]:
        """The status line after all that only inform (100 Continue, 103 Early Hints), as Go reads it."""
        while True:
            found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
            if found[1] == http.client.SWITCHING_PROTOCOLS or not 100 <= found[1] < 200:
                return found
            while self.fp.readline().strip():
                pass


class _Reads(io.RawIOBase):
    """What the socket receives. header_bytes: how many more an answer's headers may have, None after them."""

    def __init__(self, raw: Any, sock: Any, deadline: Deadline) -> None:
        self._raw, self._sock, self._deadline = raw, sock, deadline
        self.header_bytes: int | None = _HEADER_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        seconds = self._deadline.next_wait()
        if seconds is not None:
            self._sock.settimeout(seconds)
        try:
            count: int | None = self._raw.readinto(buffer)
        except TimeoutError:
            self._deadline.left()  # raises TimedOut where it was not silence
            raise
        if self.header_bytes is not None:
            self.header_bytes -= count or 0
            if self.header_bytes < 0:
                raise ConnectionFailed(_HEADERS_TOO_LONG)
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()
