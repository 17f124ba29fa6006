"""Whether a change that failed may have been made: what each failure proves."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from kubectl_ambient.kube import parallel
from kubectl_ambient.kube.api import side_by_side
from kubectl_ambient.kube.errors import ApiError, KubeError
from kubectl_ambient.kube.resources import find_resource

from .conftest import MakeClient, Object
from .standin import Reply, StandIn, status

NAMESPACE = find_resource("ns")


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of ours on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def failure(client: MakeClient, server: str) -> KubeError:
    with pytest.raises(KubeError) as found:
        client(server=server, request_timeout="5s").patch(NAMESPACE, "a", body={}, type=Object)
    return found.value


def test_what_could_not_connect_was_not_sent(client: MakeClient, server: StandIn, closed_port: int) -> None:
    assert not failure(client, f"http://127.0.0.1:{closed_port}").sent
    assert not failure(client, f"https://127.0.0.1:{closed_port}").sent
    assert not failure(client, "http://no-such-host.invalid").sent
    # It speaks no TLS.
    assert not failure(client, f"https://127.0.0.1:{server.port}").sent
    assert server.seen == []


def test_what_does_not_go_through_the_proxy_was_not_sent(
    client: MakeClient, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port}")
    assert not failure(client, "https://cluster.example").sent


@pytest.mark.parametrize("reply", [Reply(fault="reset"), Reply({}, fault="cut"), Reply(b"nonsense")])
def test_what_broke_off_may_have_been_sent(client: MakeClient, server: StandIn, reply: Reply) -> None:
    server.answers(reply)
    assert failure(client, server.url).sent


@pytest.mark.parametrize(
    ("code", "reason", "open_"),
    [
        (400, "BadRequest", False),
        (401, "Unauthorized", False),
        (403, "Forbidden", False),
        (404, "NotFound", False),
        (409, "Conflict", False),
        (422, "Invalid", False),
        (429, "TooManyRequests", False),
        (408, "", True),
        (500, "InternalError", True),
        (500, "ServerTimeout", True),
        (502, "", True),
        (503, "ServiceUnavailable", True),
        (504, "Timeout", True),
    ],
)
def test_a_refusal_says_that_nothing_was_done(
    client: MakeClient, server: StandIn, code: int, reason: str, open_: bool
) -> None:
    server.answers(status(code, reason))
    found = failure(client, server.url)
    assert isinstance(found, ApiError)
    assert found.leaves_open is open_


@pytest.mark.parametrize(("first", "retried"), [(503, True), (500, True), (429, False)])
def test_an_earlier_try_may_have_done_it(
    client: MakeClient, server: StandIn, pauses: list[float], first: int, retried: bool
) -> None:
    later = Reply(b"", first, headers={"Retry-After": "1"})
    for last in (status(409, "Conflict"), Reply(fault="reset"), status(403, "Forbidden")):
        server.answers(later, last)
        assert failure(client, server.url).retried is retried


def test_without_a_thread_the_reads_come_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(parallel._thread, "start_new_thread", refuse)
    assert side_by_side([lambda: 1, lambda: 2]) == [1, 2]
