"""The server's flow control: who is told to come back later speaks for all, and nobody comes back at once."""

from __future__ import annotations

import threading
import time

import pytest

from kubectl_ambient.kube import flow
from kubectl_ambient.kube.deadline import Deadline
from kubectl_ambient.kube.errors import ApiError
from kubectl_ambient.kube.flow import Flow, backoff
from kubectl_ambient.kube.resources import find_resource

from .conftest import MakeClient, Object
from .standin import Reply, Seen, StandIn, pod, status

NAMESPACE = find_resource("ns")
LATER = {"Retry-After": "1"}


def patch(client: MakeClient, **flags: str) -> None:
    client(**flags).patch(NAMESPACE, "a", body={}, type=Object)


@pytest.mark.parametrize("code", [429, 503])
def test_who_is_told_to_wait_holds_the_others_too(client: MakeClient, server: StandIn, code: int) -> None:
    """Ten at work; the first is told to come back in a second, and then no new change is sent before that."""
    seen: list[float] = []
    told = threading.Event()

    def answer(request: Seen) -> Reply:
        seen.append(time.monotonic())
        if len(seen) == 1:
            told.set()
            return Reply(b"", code, LATER)
        return Reply(pod("a"))

    server.answers(answer)
    c = client()
    first = threading.Thread(target=lambda: c.patch(NAMESPACE, "a", body={}, type=Object))
    first.start()
    told.wait(10)
    time.sleep(0.3)  # the answer arrives
    c.side_by_side([lambda: c.patch(NAMESPACE, "a", body={}, type=Object)] * 10)
    first.join(10)
    assert len(seen) == 12
    assert min(seen[1:]) - seen[0] >= 1


def test_the_wait_of_others_is_not_the_time_of_a_request(client: MakeClient, server: StandIn) -> None:
    server.answers(Reply(pod("a")))
    c = client(request_timeout="500ms")
    c._transport._flow.hold(0.8)
    c.patch(NAMESPACE, "a", body={}, type=Object)
    assert len(server.seen) == 1


@pytest.mark.parametrize("reply", [Reply(b"", 429), status(429, "TooManyRequests", retryAfterSeconds=-1)])
def test_a_change_that_was_turned_down_is_sent_again(
    client: MakeClient, server: StandIn, pauses: list[float], reply: Reply
) -> None:
    """429 says that nothing was done. Each wait is twice as long as the one before."""
    server.answers(reply, reply, reply, Reply(pod("a")))
    patch(client)
    assert pauses == [0.125, 0.25, 0.5]


def test_not_for_ever(client: MakeClient, server: StandIn, pauses: list[float]) -> None:
    server.answers(Reply(b"", 429))
    with pytest.raises(ApiError) as e:
        patch(client)
    assert (len(server.seen), e.value.retried) == (5, False)


def test_not_beyond_the_time_of_a_request(client: MakeClient, server: StandIn, pauses: list[float]) -> None:
    server.answers(Reply(b"", 429))
    with pytest.raises(ApiError):
        patch(client, request_timeout="400ms")
    assert sum(pauses) <= 0.4 < sum(pauses) + 0.5
    assert len(server.seen) < 5


@pytest.mark.parametrize("code", [500, 502, 503, 504])
def test_what_may_have_been_done_is_not_sent_again(
    client: MakeClient, server: StandIn, pauses: list[float], code: int
) -> None:
    server.answers(Reply(b"", code))
    with pytest.raises(ApiError):
        patch(client)
    assert (len(server.seen), pauses) == (1, [])


def test_chance_decides_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for said in (0.0, 1.0):
        monkeypatch.setattr(flow, "chance", lambda said=said: said)
        found.append([backoff(tries) for tries in (1, 2, 3, 4)])
    assert found == [[0.125, 0.25, 0.5, 1.0], [0.25, 0.5, 1.0, 2.0]]


@pytest.mark.parametrize(
    ("said", "left", "slept"), [(0.0, None, 4.0), (1.0, None, 5.0), (1.0, 60.0, 5.0), (1.0, 5.0, 4.5)]
)
def test_those_who_wait_together_do_not_come_back_together(
    said: float, left: float | None, slept: float, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never before the time, a little later by chance, and never at the end of the request's own time."""

    class Left(Deadline):
        def left(self) -> float | None:
            return left

    monkeypatch.setattr(flow, "chance", lambda: said)
    held = Flow()
    held.hold(4)
    held.hold(1)
    held.wait(Left(None))
    assert pauses == [slept]
