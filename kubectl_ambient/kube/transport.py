"""Requests over urllib3: one pool, one place where they are counted, tried again and turned into errors."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

from .access import Access
from .answers import api_error
from .auth import Authenticator, Login
from .clock import Clock
from .deadline import Deadline, TimedOut
from .errors import BadAnswer, ConfigError, KubeError, printable
from .flow import Flow, backoff
from .headers import standing_headers, warnings_in
from .link import Link
from .pool import make_pool
from .proxies import proxy_for
from .request import Request
from .utf8 import utf8
from .waiting import LONGEST_WAIT, asked_to_wait

if TYPE_CHECKING:
    import socket

    import urllib3

_CONNECT_SECONDS = 30.0  # what Go's dialer waits, when no timeout is given
_CHUNK = 1 << 16
_TRIES = 5  # of a server that asks to come back later
_RESET_WAIT = 0.1

sleep: Callable[[float], None] = time.sleep  # one name, for tests to replace


class Transport:
    """Sends requests to one server as one user. Safe to use from several threads."""

    def __init__(self, access: Access, timeout: float | None, on_warning: Callable[[str], None]) -> None:
        """`timeout`: seconds for one request with its body and all tries, None for no limit. Raises ConfigError."""
        self._access = access
        self._timeout = timeout
        self._on_warning = on_warning
        self._warned: set[str] = set()
        self._authenticator = Authenticator(access)
        self._headers = standing_headers(access)
        self._proxy = proxy_for(access.server, access.cluster.get("proxy-url", ""), os.environ)
        self._lock = threading.Lock()
        self._flow = Flow()
        self._pools: dict[str, urllib3.PoolManager] = {}
        self.requests = 0
        self.clock = Clock()
        self.link = Link()
        self._pool(self._authenticator.current())

    def send(self, request: Request) -> bytearray:
        """The body of a success. Raises ApiError, ConnectionFailed or ConfigError.

        A 429 or 5xx that says when to come back is tried again a few times, and meanwhile nothing else is sent
        either; so is a change that a 429 of any kind turned down, and a broken read once. The error tells whether
        the request was `sent`, and whether an earlier try (`retried`) may have done its work.
        """
        deadline = self._begin()
        retried = False
        reset_once = False
        tries = 1
        while True:
            try:
                with _unsent():
                    self._flow.wait(deadline)
                with self._open(request, deadline) as answer:
                    body = self._read(answer)
            except _Broken as e:
                if request.method == "GET" and not reset_once and e.is_reset:
                    reset_once = True
                    sleep(_RESET_WAIT)
                    continue
                e.told.retried = retried
                raise e.told from e.cause
            except KubeError as error:
                error.retried = retried
                raise
            if _is_success(answer):
                return body
            try:
                self._hold_for_next(answer, body, request, deadline, tries)
            except KubeError as refusal:
                refusal.retried = retried
                raise
            retried = retried or answer.status >= 500
            tries += 1

    @contextmanager
    def body(self, request: Request) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The body of a success as it comes, behind its content type. Raises as `send`.

        What breaks off within the body is not tried again, since part of it was given: `reset` of the error tells
        whether that would do.
        """
        deadline = self._begin()
        tries = 1
        try:
            while True:
                self._flow.wait(deadline)
                with self._open(request, deadline) as answer:
                    if _is_success(answer):
                        yield answer.headers.get("Content-Type") or "", self._chunks(answer, whole=True)
                        return
                    refused = self._read(answer)
                self._hold_for_next(answer, refused, request, deadline, tries)
                tries += 1
        except _Broken as e:
            raise e.told from e.cause

    def _begin(self) -> Deadline:
        """The deadline of a request from when it may be sent: the wait that others were asked for is not its own."""
        self._flow.wait(Deadline(None))
        return Deadline(self._timeout)

    def _hold_for_next(self, answer: Any, body: bytearray, request: Request, deadline: Deadline, tries: int) -> None:
        """Hold all requests as long as a refusal asks for; raises it where it asks for nothing, or for too much."""
        wait, left = asked_to_wait(answer, body), deadline.left()
        if wait is None and answer.status == 429 and request.method != "GET":
            wait = backoff(tries)  # it was not done, so that it may be sent again; kubectl would give it up
        longest = LONGEST_WAIT if left is None else min(left, LONGEST_WAIT)
        if wait is None or wait > longest or tries == _TRIES:
            raise self._refusal(answer, body, request)
        self._flow.hold(wait)

    @contextmanager
    def stream(self, request: Request, read_seconds: float) -> Iterator[Iterator[bytes]]:
        """The body of a success as it comes, for a watch; silence of `read_seconds` breaks it.

        Raises ApiError, ConnectionFailed when it breaks off, and TimedOut after the time of one request.
        """
        try:
            with self._open(request, Deadline(self._timeout, read_seconds)) as answer:
                if not _is_success(answer):
                    raise self._refusal(answer, self._read(answer), request)
                yield self._chunks(answer)
        except _Broken as e:
            raise e.told from e.cause

    @contextmanager
    def dialled(self, seconds: float) -> Iterator[tuple[socket.socket, list[tuple[str, str]]]]:
        """A connection of its own, within which nothing is silent for longer, and the headers that log in.

        Raises ConnectionFailed, also of what is done with it, and ConfigError.
        """
        import urllib3

        deadline = self._begin()
        login = self._authenticator.current()
        headers = urllib3.HTTPHeaderDict(self._headers)
        if login.authorization:
            headers["Authorization"] = login.authorization
        pool: Any = self._pool(login).connection_from_url(self._access.server)
        if self._proxy and pool.scheme == "http":
            raise ConfigError("error: a pod's port cannot be reached through a proxy and without TLS")
        try:
            with self._broken():
                connection = pool.dialled(deadline)
            try:
                connection.sock.settimeout(min(seconds, deadline.left() or seconds))
                with self._broken():
                    yield connection.sock, [*headers.iteritems()]
            finally:
                connection.close()
        except _Broken as e:
            raise e.told from e.cause

    def refused(self, status: int, body: bytes, content_type: str, request: Request) -> KubeError:
        """The refusal of something that was asked for over a connection of its own."""
        answer = SimpleNamespace(status=status, headers={"Content-Type": content_type})
        return self._refusal(answer, bytearray(body), request)

    @contextmanager
    def _open(self, request: Request, deadline: Deadline) -> Iterator[Any]:
        """The answer, its body unread; a 401 is asked again with renewed credentials, where there are."""
        with _unsent():
            login = self._authenticator.current()
        self.link.wait_for_first()
        answer = self._send_once(request, login, deadline)
        try:
            renewed = None
            if answer.status == 401:
                with _unsent():
                    renewed = self._authenticator.renew(login)
            if renewed is not None:
                answer.drain_conn()
                answer = self._send_once(request, renewed, deadline)
            yield answer
        finally:
            # A body read to its end gives the connection back; any other must not be used again.
            answer.close()

    def _send_once(self, request: Request, login: Login, deadline: Deadline) -> Any:
        import urllib3

        headers = urllib3.HTTPHeaderDict(self._headers)
        headers["Accept"] = request.accept
        if login.authorization:
            headers["Authorization"] = login.authorization
        if request.content_type:
            headers["Content-Type"] = request.content_type
        url = self._access.server + request.path
        if request.query:
            url += "?" + urlencode([(key, utf8(value)) for key, value in request.query])
        connect = min(_CONNECT_SECONDS, deadline.next_wait() or _CONNECT_SECONDS)
        with self._lock:
            self.requests += 1
        with self._broken():
            answer = self._pool(login).request(
                request.method,
                url,
                body=request.body,
                headers=headers,
                timeout=urllib3.Timeout(connect=connect),
                pool_timeout=deadline,
                retries=False,
                redirect=False,
                preload_content=False,
            )
        self.clock.heard(answer.headers.get("Date"))
        for text in warnings_in(answer.headers.getlist("Warning")):
            self._warn(text)
        return answer

    def _read(self, answer: Any) -> bytearray:
        body = bytearray()
        for chunk in self._chunks(answer, whole=True):
            body += chunk
        return body

    def _chunks(self, answer: Any, *, whole: bool = False) -> Iterator[bytes]:
        with self._broken():
            if whole:
                # Not `stream`, which hands on each chunk of the server's by itself: a list has one for each object.
                while chunk := answer.read(_CHUNK, decode_content=True):
                    yield chunk
            elif answer.chunked:
                yield from answer.stream(_CHUNK, decode_content=True)
            else:
                while chunk := answer.read1(_CHUNK, decode_content=True):
                    yield chunk

    @contextmanager
    def _broken(self) -> Iterator[None]:
        import http.client

        import urllib3.exceptions

        from .network_errors import is_reset, network_error

        try:
            yield
        except TimedOut as e:
            e.hint = self._access.hint
            raise
        except urllib3.exceptions.DecodeError:
            raise BadAnswer(f"error: the answer of {self._access.server} cannot be decompressed") from None
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as e:
            told = network_error(e, self._access.server, self._proxy, hint=self._access.hint)
            raise _Broken(told, e, is_reset=is_reset(e)) from e
        except ValueError:
            # http.client's words quote what it refuses, and that may be a token.
            raise ConfigError("error: the request cannot be sent: a header or the URL is not valid") from None

    def _refusal(self, answer: Any, body: bytearray, request: Request) -> KubeError:
        error = api_error(
            answer.status,
            body,
            answer.headers.get("Content-Type") or "",
            method=request.method,
            resource=request.resource,
            name=unquote(request.name, errors="surrogateescape"),
        )
        if error.is_unauthorized:
            user = self._access.user_name
            error.hint = self._access.hint or (f'the credentials are those of user "{user}"' if user else "")
        elif error.status == 400 and b"HTTP request to an HTTPS server" in body[:200]:
            error.hint = "the server speaks https: its URL in the kubeconfig or after --server begins with http"
        return error

    def _warn(self, text: str) -> None:
        with self._lock:
            new = text not in self._warned
            self._warned.add(text)
        if new:
            self._on_warning(printable(text))

    def _pool(self, login: Login) -> urllib3.PoolManager:
        with self._lock:
            # Renewed client certificates need connections of their own.
            if login.certificate not in self._pools:
                self._pools[login.certificate] = make_pool(login, self._access, self._proxy, self.link)
            return self._pools[login.certificate]


@contextmanager
def _unsent() -> Iterator[None]:
    """Mark an error as one that came before anything was asked for, or after it was turned down."""
    try:
        yield
    except KubeError as error:
        error.sent = False
        raise


class _Broken(Exception):
    """A request that did not come to its end: what to tell, and why."""

    def __init__(self, told: KubeError, cause: BaseException, *, is_reset: bool) -> None:
        super().__init__(str(told))
        told.reset = is_reset
        self.told = told
        self.cause = cause
        self.is_reset = is_reset


def _is_success(answer: Any) -> bool:
    return bool(200 <= answer.status < 300)
