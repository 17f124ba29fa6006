"""The clock of this machine may be off: the server's is heard in its answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from kubectl_ambient.kube import clock
from kubectl_ambient.kube.clock import Clock
from kubectl_ambient.kube.resources import find_resource

from .conftest import MakeClient, Object
from .standin import Reply, StandIn, pod

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOURS = timedelta(hours=5)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr(clock, "own", lambda: NOW)
    return Clock()


@pytest.mark.parametrize("off", [HOURS, -HOURS, timedelta(days=-20000)])
def test_a_clock_that_is_off_is_set_right(heard: Clock, off: timedelta) -> None:
    heard.heard(format_datetime(NOW + off, usegmt=True))
    assert heard.by_the_server(NOW + timedelta(minutes=1)) == NOW + off + timedelta(minutes=1)


def test_a_few_seconds_are_the_way_of_the_answer(heard: Clock) -> None:
    heard.heard(format_datetime(NOW + timedelta(seconds=4), usegmt=True))
    assert heard.by_the_server(NOW) == NOW


def test_the_last_answer_counts(heard: Clock) -> None:
    heard.heard(format_datetime(NOW + HOURS, usegmt=True))
    heard.heard(format_datetime(NOW, usegmt=True))
    assert heard.by_the_server(NOW) == NOW


@pytest.mark.parametrize("date", [None, "", "soon", "Mon, 99 Foo 2026 99:99:99 GMT", "Thu, 01 Jan 99999 00:00:00 GMT"])
def test_what_is_no_date_tells_nothing(heard: Clock, date: str | None) -> None:
    heard.heard(date)
    assert heard.by_the_server(NOW) == NOW


def test_the_end_of_time_is_not_passed(heard: Clock) -> None:
    heard.heard("Fri, 31 Dec 9999 23:59:59 GMT")
    assert heard.by_the_server(NOW + HOURS) == NOW + HOURS


def test_it_is_heard_in_every_answer(client: MakeClient, server: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    real = clock.own
    monkeypatch.setattr(clock, "own", lambda: real() - HOURS)
    one = client()
    assert one.by_its_clock(NOW) == NOW
    server.answers(Reply(pod("a")))
    one.get(find_resource("ns"), "a", type=Object)
    assert abs(one.by_its_clock(NOW) - NOW - HOURS) < timedelta(minutes=1)
