"""Of requests that begin side by side all but the first know whether the server is near."""

from __future__ import annotations

import threading
import time

import pytest

from kubectl_ambient.kube.link import Link
from kubectl_ambient.kube.parallel import side_by_side

from .conftest import MakeClient
from .standin import Reply, StandIn


def test_all_but_the_first_wait_for_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubectl_ambient.kube.link._PATIENCE", 30)
    link, gone_on = Link(), threading.Event()
    link.wait_for_first()

    def second() -> None:
        link.wait_for_first()
        gone_on.set()

    threading.Thread(target=second, daemon=True).start()
    assert not gone_on.wait(0.1)
    link.answered(link.sent())
    assert gone_on.wait(30)
    link.wait_for_first()  # once there was one, nobody waits


def test_nobody_waits_long() -> None:
    link = Link()
    for _ in range(3):
        link.wait_for_first()
    assert not link.is_near


@pytest.mark.parametrize(("took", "encodings"), [(0.0, {"identity"}), (1.0, {"gzip"})])
def test_what_begins_side_by_side_is_compressed_by_a_far_server_alone(
    client: MakeClient, server: StandIn, monkeypatch: pytest.MonkeyPatch, took: float, encodings: set[str]
) -> None:
    monkeypatch.setattr("kubectl_ambient.kube.link._PATIENCE", 30)
    answered = iter(range(1, 100))
    # Each time that it is asked, a request has taken so long more.
    monkeypatch.setattr("kubectl_ambient.kube.link.now", lambda: next(answered) * took)
    server.answers(*[Reply({"major": "1", "minor": "36", "gitVersion": "v1.36.0"})] * 8)
    one = client()
    side_by_side([one.version] * 8)
    asked = [seen.headers["Accept-Encoding"] for seen in server.seen]
    assert asked[0] == "gzip"
    assert set(asked[1:]) == encodings


def test_a_server_that_does_not_answer_holds_up_no_other(client: MakeClient, server: StandIn) -> None:
    over = threading.Event()
    version = Reply({"major": "1", "minor": "36", "gitVersion": "v1.36.0"})

    def answer(seen: object) -> Reply:
        over.wait(30)
        return version

    server.answers(answer, version)
    one = client()
    first = threading.Thread(target=one.version, daemon=True)
    first.start()
    while not server.seen:
        time.sleep(0.01)
    assert one.version().minor == "36"
    over.set()
    first.join(30)
