"""Watches: they go on over many requests, and tell when the list must be read again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

import pytest

from kubectl_ambient.kube import watch
from kubectl_ambient.kube.deadline import TimedOut
from kubectl_ambient.kube.errors import ApiError, BadAnswer, ConnectionFailed, Expired, KubeError
from kubectl_ambient.kube.resources import find_resource
from kubectl_ambient.kube.watch import passes, patiently

from .conftest import MakeClient, Object
from .standin import Reply, StandIn, pod, status

PODS = find_resource("pods")


def event(kind: str, object: Any) -> bytes:
    return json.dumps({"type": kind, "object": object}).encode() + b"\n"


def added(name: Any, version: str) -> bytes:
    return event("ADDED", pod(name, version=version))


def bookmark(version: str) -> bytes:
    return event("BOOKMARK", {"kind": "Pod", "metadata": {"resourceVersion": version}})


def events(client: Any, count: int, **options: Any) -> list[tuple[str, str, str]]:
    stream: Iterator[Any] = client.watch(PODS, "shop", type=Object, resource_version="5", **options)
    return [(e.type, e.object.metadata.name if e.object else "", e.resource_version) for e in islice(stream, count)]


def test_events_come_as_they_happen(client: MakeClient, server: StandIn) -> None:
    whole = added("a", "6") + event("MODIFIED", pod("a", version="7")) + event("DELETED", pod("a", version="8"))
    server.answers(Reply(chunks=[whole[:30], whole[30:200], whole[200:], bookmark("9")]))
    assert events(client(), 4, label_selector="x=y") == [
        ("ADDED", "a", "6"),
        ("MODIFIED", "a", "7"),
        ("DELETED", "a", "8"),
        ("BOOKMARK", "", "9"),
    ]
    query = server.seen[0].query
    assert 300 <= int(query.pop("timeoutSeconds")) <= 600
    assert query == {
        "labelSelector": "x=y",
        "watch": "true",
        "allowWatchBookmarks": "true",
        "resourceVersion": "5",
    }


def test_events_come_at_once_through_a_proxy_that_takes_the_chunks_apart(client: MakeClient, server: StandIn) -> None:
    def then_nothing() -> Iterator[bytes]:
        yield added("a", "6")
        time.sleep(20)

    server.answers(Reply(chunks=then_nothing(), fault="bare"))
    began = time.monotonic()
    assert [e[1] for e in events(client(), 1)] == ["a"]
    assert time.monotonic() - began < 15


def test_a_watch_that_ends_goes_on_where_it_was(client: MakeClient, server: StandIn, pauses: list[float]) -> None:
    """Trap 14: on from the last version, a bookmark's included; a line that was cut off comes again."""
    server.answers(
        Reply(chunks=[added("a", "6"), added("b", "7")[:20]]),
        Reply(chunks=[bookmark("11")]),
        Reply(chunks=[added("c", "12")]),
    )
    assert [e[1] for e in events(client(), 3)] == ["a", "", "c"]
    assert [s.query["resourceVersion"] for s in server.seen] == ["5", "6", "11"]


@pytest.mark.parametrize(
    "broken",
    [
        Reply(chunks=[], fault="drop"),
        Reply(fault="reset"),
        status(429, "TooManyRequests"),
        status(500, "InternalError"),
        Reply(chunks=[event("ERROR", {"kind": "Status", "code": 504, "reason": "Timeout"})]),
    ],
)
def test_a_broken_one_is_told_so_that_the_caller_lists_again(
    client: MakeClient, server: StandIn, pauses: list[float], broken: Reply
) -> None:
    server.answers(broken)
    with pytest.raises(KubeError) as e:
        events(client(), 1)
    assert passes(e.value)
    assert pauses == []


def test_one_that_ends_at_once_does_not_spin(client: MakeClient, server: StandIn, pauses: list[float]) -> None:
    end = Reply(chunks=[])
    server.answers(*[end] * 20, Reply(chunks=[added("a", "6")]))
    assert [e[1] for e in events(client(), 1)] == ["a"]
    assert len(pauses) == 20
    assert max(pauses) > 9


@pytest.mark.parametrize(
    "gone",
    [
        Reply(chunks=[event("ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "message": "old"})]),
        Reply(chunks=[event("ERROR", {"kind": "Status", "code": 410, "reason": "Gone"})]),
        status(410, "Expired", "too old resource version"),
    ],
)
def test_a_version_that_is_gone_is_told_so_that_the_caller_lists_again(
    client: MakeClient, server: StandIn, pauses: list[float], gone: Reply
) -> None:
    server.answers(Reply(chunks=[added("a", "6")]), gone)
    stream = client().watch(PODS, type=Object, resource_version="5")
    assert next(stream).type == "ADDED"
    with pytest.raises(Expired):
        next(stream)


def test_a_refusal_is_told_at_once(client: MakeClient, server: StandIn, pauses: list[float]) -> None:
    server.answers(status(403, "Forbidden"))
    with pytest.raises(ApiError) as e:
        events(client(), 1)
    assert e.value.is_forbidden
    assert pauses == []


def test_garbage_is_told(client: MakeClient, server: StandIn) -> None:
    server.answers(Reply(b"<html>log in</html>\n"))
    with pytest.raises(BadAnswer, match=r"^error: the watch of pods cannot be read"):
        events(client(), 1)


def test_a_bad_object_is_told_and_the_watch_goes_on(client: MakeClient, server: StandIn) -> None:
    server.answers(Reply(chunks=[added(5, "6"), added("b", "7")]))
    c = client()
    assert events(c, 1) == [("ADDED", "b", "7")]
    assert [b.why for b in c.bad_objects] == ["Expected `str`, got `int` - at `$.metadata.name`"]


def test_silence_is_taken_for_a_dead_connection(
    client: MakeClient, server: StandIn, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def silence() -> Iterator[bytes]:
        yield added("a", "6")
        time.sleep(20)

    monkeypatch.setattr(watch, "_SECONDS", (0, 0))
    monkeypatch.setattr(watch, "_GRACE", 1.0)
    server.answers(Reply(chunks=silence()))
    stream = client().watch(PODS, type=Object, resource_version="5")
    began = time.monotonic()
    assert next(stream).type == "ADDED"
    with pytest.raises(ConnectionFailed):
        next(stream)
    assert time.monotonic() - began < 15


def test_the_request_timeout_ends_a_watch_without_a_word_as_it_ends_kubectls(
    client: MakeClient, server: StandIn
) -> None:
    def trickle() -> Iterator[bytes]:
        while True:
            time.sleep(0.1)
            yield added("a", "6")

    server.answers(Reply(chunks=trickle()))
    stream = client(request_timeout="1s").watch(PODS, "shop", type=Object, resource_version="5")
    assert {e.type for e in stream} == {"ADDED"}
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"kind": "Service", "apiVersion": "v1", "metadata": {"name": "a"}}, "its kind is Service, not Pod"),
        ({"kind": "Pod", "apiVersion": "a/v9", "metadata": {"name": "a"}}, "its apiVersion is a/v9, not v1"),
    ],
)
def test_an_event_of_another_kind_is_no_event_of_these(
    client: MakeClient, server: StandIn, told: Any, why: str
) -> None:
    server.answers(Reply(chunks=[event("MODIFIED", told)]))
    with pytest.raises(BadAnswer) as e:
        events(client(), 1)
    assert str(e.value) == f"error: the watch of pods cannot be read: {why}"


def test_an_event_of_an_unknown_type_is_told(client: MakeClient, server: StandIn) -> None:
    server.answers(Reply(chunks=[event("FOO", pod("a"))]))
    with pytest.raises(BadAnswer, match="got invalid watch event type: FOO"):
        events(client(), 1)


def test_a_bookmark_without_a_version_loses_no_place(client: MakeClient, server: StandIn, pauses: list[float]) -> None:
    server.answers(Reply(chunks=[added("a", "6"), event("BOOKMARK", {"kind": "Pod"})]), Reply(chunks=[added("b", "7")]))
    assert [e[1] for e in events(client(), 3)] == ["a", "", "b"]
    assert server.seen[1].query["resourceVersion"] == "6"


def test_a_server_that_tells_something_and_closes_for_ever_is_asked_ever_more_seldom(
    client: MakeClient, server: StandIn, pauses: list[float]
) -> None:
    server.answers(Reply(chunks=[bookmark("6")]))
    assert len(events(client(), 10)) == 10
    assert max(pauses) > 10


class TestPatience:
    """A list that a watch begins with: the server may be away, and each time is told."""

    def test_it_is_asked_for_until_the_server_is_there(self, pauses: list[float]) -> None:
        away = [ConnectionFailed("refused"), ApiError(503, "", "not yet"), ApiError(429, "", "later")] * 5
        answers, told = iter([*away, "there"]), list[KubeError]()

        def ask() -> object:
            answer = next(answers)
            if isinstance(answer, Exception):
                raise answer
            return answer

        assert patiently(ask, told.append) == "there"
        assert told == away
        assert len(pauses) == len(away)
        assert pauses[0] < 1 < 15 <= max(pauses) <= 30

    @pytest.mark.parametrize("error", [ApiError(403, "Forbidden", "no"), TimedOut(), BadAnswer("error: no list")])
    def test_what_will_not_pass_is_told_at_once(self, pauses: list[float], error: KubeError) -> None:
        told: list[KubeError] = []
        with pytest.raises(type(error)):
            patiently(partial(_raise, error), told.append)
        assert (pauses, told) == ([], [])


def _raise(error: KubeError) -> None:
    raise error
