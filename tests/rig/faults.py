"""A proxy before the real server that fails on command, as healthy servers will not."""

from __future__ import annotations

import re
import ssl
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from . import relay
from .apiserver import ApiServer

Kind = Literal["status", "reset", "trickle", "garbage", "truncate", "hang"]


@dataclass
class Fault:
    """What to do with requests whose path and query match, and how often (None: always)."""

    pattern: str
    kind: Kind = "status"
    times: int | None = None
    method: str | None = None
    status: int = 500
    message: str = "the test wanted this to fail"
    headers: dict[str, str] = field(default_factory=dict)
    done: bool = False
    """For `status`: whether the real server does what was asked for all the same."""
    after: int = 200
    """For `reset`, `trickle`, `garbage` and `truncate`: how many bytes of the body pass unharmed."""
    delay: float = 0.05
    """For `trickle`: seconds before each further 64 bytes. For `hang`: seconds before the answer."""

    def hits(self, method: str, path: str) -> bool:
        """Whether this fault is for this request; one of its times is used up if so."""
        if self.times == 0 or self.method not in (None, method) or not re.search(self.pattern, path):
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(frozen=True)
class Request:
    """One request that came in."""

    method: str
    path: str
    status: int
    began: float
    answered: float
    """Both on the monotonic clock, in seconds."""


def rounds(requests: Iterable[Request]) -> int:
    """How many requests at most waited for one another: one came in after the answer to the one before."""
    depths: list[tuple[float, int]] = []
    for request in sorted(requests, key=lambda r: r.answered):
        before = (depth for answered, depth in depths if answered <= request.began)
        depths.append((request.answered, 1 + max(before, default=0)))
    return max((depth for _, depth in depths), default=0)


class FaultProxy:
    """Passes all to the server of `behind`, and records it, except where a fault was ordered."""

    def __init__(self, behind: ApiServer, *, tls: bool = True) -> None:
        self.behind = behind
        self.requests: list[Request] = []
        self.clock_ahead = 0.0
        """How many seconds the server's clock is ahead, by the `Date` of its answers."""
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        trusted = ssl.create_default_context(cafile=str(behind.authority.certificate))
        upstream = relay.Upstream(behind.url, trusted)
        self._server = relay.Server(upstream, self, _serving_context(behind) if tls else None)
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> FaultProxy:
        """Listen."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening; what is still streaming ends with its connection."""
        self._server.shutdown()
        self._server.server_close()
        self._server.cut_all()

    def kubeconfig(self, user: str = "admin", namespace: str | None = None) -> Path:
        """A kubeconfig through this proxy, for a user with a token: a certificate cannot pass it."""
        self.behind.token(user)
        return self.behind.user(user, server=self.url, namespace=namespace)

    def add(self, fault: Fault) -> Fault:
        """Order a fault; of several that match, the first ordered wins."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def too_many(self, pattern: str, times: int = 1, retry_after: int = 1) -> Fault:
        """429 with Retry-After, this many times."""
        return self.add(Fault(pattern, times=times, status=429, headers={"Retry-After": str(retry_after)}))

    def forbid(self, pattern: str, message: str = "the test forbids this") -> Fault:
        """403 for ever."""
        return self.add(Fault(pattern, status=403, message=message))

    def expire(self, pattern: str, times: int | None = 1) -> Fault:
        """410 for a later page of a list: only requests with a continue token are hit."""
        message = "The provided continue parameter is too old to display a consistent list result."
        return self.add(Fault(rf"{pattern}.*[?&]continue=", status=410, times=times, message=message))

    def fail(self, pattern: str, status: int = 500, times: int | None = None, message: str = "broken") -> Fault:
        """Any other answer of the server's."""
        return self.add(Fault(pattern, status=status, times=times, message=message))

    def reset(self, pattern: str, after: int = 200, times: int | None = None) -> Fault:
        """Cut the connection in the middle of the body."""
        return self.add(Fault(pattern, "reset", times=times, after=after))

    def trickle(self, pattern: str, after: int = 0, delay: float = 0.05, times: int | None = None) -> Fault:
        """Send the body 64 bytes at a time."""
        return self.add(Fault(pattern, "trickle", times=times, after=after, delay=delay))

    def garbage(self, pattern: str, after: int = 0, times: int | None = None) -> Fault:
        """Answer 200 with something that is not what was asked for."""
        return self.add(Fault(pattern, "garbage", times=times, after=after))

    def truncate(self, pattern: str, after: int = 200, times: int | None = None) -> Fault:
        """End the body early, in good order."""
        return self.add(Fault(pattern, "truncate", times=times, after=after))

    def hang(self, pattern: str, delay: float, times: int | None = None) -> Fault:
        """Answer rightly, but late."""
        return self.add(Fault(pattern, "hang", times=times, delay=delay))

    def clear(self) -> None:
        """Forget faults and records."""
        with self._lock:
            self._faults.clear()
            self.requests.clear()

    def count(self, pattern: str = "", method: str | None = None) -> int:
        """How many requests came in whose path matches."""
        with self._lock:
            return sum(method in (None, r.method) and bool(re.search(pattern, r.path)) for r in self.requests)

    def fault_for(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets."""
        with self._lock:
            return next((fault for fault in self._faults if fault.hits(method, path)), None)

    def record(self, method: str, path: str, status: int, began: float) -> None:
        """Keep a request for the tests to look at."""
        with self._lock:
            self.requests.append(Request(method, path, status, began, time.monotonic()))


def _serving_context(behind: ApiServer) -> ssl.SSLContext:
    pair = behind.authority.issue("proxy", "fault-proxy", server=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    return context
