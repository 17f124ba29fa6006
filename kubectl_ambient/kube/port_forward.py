"""One GET to a port of a pod, through the API server and the kubelet, as `kubectl port-forward` reaches it.

WebSocket, subprotocol `v4.channel.k8s.io`: each frame is the number of a channel (0 data, 1 errors) and bytes, and the
first of each channel holds the port [k8s.io/cri-streaming pkg/streaming/portforward/websocket.go]. Not by the
`kubernetes` package: its client takes no time-out there, replaces a method of its own while it connects, so that only
one thread may, and drops what has not been handed over when the other end closes.
"""

from __future__ import annotations

import http.client
import io
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .errors import BadAnswer, ConnectionFailed, printable
from .request import Request
from .resources import find_resource

if TYPE_CHECKING:
    from .transport import Transport

_PROTOCOL = "v4.channel.k8s.io"
_DATA, _ERROR = 0, 1
_PORT_BYTES = 2
_SWITCHED = 101


def get_from_pod(
    transport: Transport, server: str, pod: tuple[str, str], port: int, path: str, *, seconds: float, limit: int
) -> bytes:
    """The body of a success. pod: its namespace and name. seconds: how long all may be silent. limit: of bytes.

    Raises ApiError where the API server refuses, ConnectionFailed where the pod is not reached or stops in the middle,
    BadAnswer for anything but a success that is no longer than the limit. No error holds any of the body.
    """
    import websocket

    pods = find_resource("pods")
    namespace, name = pod
    request = Request(f"{pods.path(namespace, name)}/portforward", resource=pods, name=name)
    url = urlsplit(server)
    target = (
        f"{'wss' if url.scheme == 'https' else 'ws'}://{url.netloc}{url.path.rstrip('/')}{request.path}?ports={port}"
    )
    where = f"port {port} of pod {namespace}/{name}"
    with transport.dialled(seconds) as (sock, headers):
        socket: Any = websocket.WebSocket(skip_utf8_validation=True)
        try:
            socket.connect(
                target,
                socket=sock,
                subprotocols=[_PROTOCOL],
                header=[f"{key}: {value}" for key, value in headers if key.lower() != "accept-encoding"],
                suppress_origin=True,
                redirect_limit=0,
            )
            socket.send_binary(bytes([_DATA]) + _asking(path))
            return _body(_Received(socket, where), where, limit)
        except websocket.WebSocketBadStatusException as error:
            body = error.resp_body or b""
            content_type = (error.resp_headers or {}).get("content-type", "")
            raise transport.refused(error.status_code, body, content_type, request) from None
        except websocket.WebSocketTimeoutException:
            raise ConnectionFailed(f"error: {where} did not answer for {seconds:g} s") from None
        except websocket.WebSocketException as error:
            raise ConnectionFailed(f"error: {where} cannot be reached: {printable(str(error))}") from None


def _asking(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nConnection: close\r\n\r\n".encode()


def _body(received: _Received, where: str, limit: int) -> bytes:
    """What the pod answered, by its own HTTP."""
    answer = http.client.HTTPResponse(received)  # type: ignore[arg-type]
    try:
        answer.begin()
        if answer.status != http.client.OK:
            raise BadAnswer(f"error: {where} answered with status {answer.status}")
        body = answer.read(limit + 1)
        if len(body) > limit:
            raise BadAnswer(f"error: {where} answered with more than {limit >> 20} MB")
        if answer.length:  # what is left of the length that it named
            raise ConnectionFailed(f"error: {where} stopped in the middle of its answer")
    except http.client.IncompleteRead:
        raise ConnectionFailed(f"error: {where} stopped in the middle of its answer") from None
    except http.client.HTTPException:
        raise BadAnswer(f"error: {where} does not speak HTTP") from None
    return body


class _Received(io.RawIOBase):
    """The bytes of the data channel, in their order."""

    def __init__(self, socket: Any, where: str) -> None:
        self._socket = socket
        self._where = where
        self._held = b""
        self._begun = {_DATA: False, _ERROR: False}

    def makefile(self, mode: str) -> io.BufferedReader:
        """What http.client reads from."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._held:
            if not self._more():
                return 0
        count = min(len(buffer), len(self._held))
        buffer[:count] = self._held[:count]
        self._held = self._held[count:]
        return count

    def _more(self) -> bool:
        """Take in one frame; False at the end."""
        import websocket

        operation, frame = self._socket.recv_data()
        if operation == websocket.ABNF.OPCODE_CLOSE:
            return False
        if not frame or frame[0] not in self._begun:
            return True
        channel, data = frame[0], frame[1:]
        if not self._begun[channel]:
            self._begun[channel], data = True, data[_PORT_BYTES:]
        if channel == _ERROR and data:
            raise ConnectionFailed(f"error: {self._where}: {printable(data.decode(errors='replace')).strip()}")
        self._held += data if channel == _DATA else b""
        return True
