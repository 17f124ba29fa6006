"""Patches, and reads beside each other."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kubectl_ambient.kube.api import side_by_side
from kubectl_ambient.kube.errors import ApiError, KubeError
from kubectl_ambient.kube.parallel import begin
from kubectl_ambient.kube.resources import find_resource
from tests.rig.processes import ends_within

from .conftest import MakeClient, Object
from .standin import Reply, StandIn, pod, status

NAMESPACE, DEPLOYMENT = find_resource("ns"), find_resource("deploy")


@pytest.mark.parametrize(
    ("patch_type", "content_type"),
    [
        ("merge", "application/merge-patch+json"),
        ("strategic", "application/strategic-merge-patch+json"),
        ("json", "application/json-patch+json"),
    ],
)
def test_a_patch_is_what_it_says(client: MakeClient, server: StandIn, patch_type: Any, content_type: str) -> None:
    """Trap 13: the kubernetes package turns a dict under json-patch into something else."""
    server.answers(Reply(pod("web")))
    body = {"metadata": {"labels": {"a": None}}}
    changed = client().patch(DEPLOYMENT, "web", "shop", body=body, patch_type=patch_type, type=Object)
    assert changed.metadata.name == "web"
    seen = server.seen[0]
    assert (seen.method, seen.path) == ("PATCH", "/apis/apps/v1/namespaces/shop/deployments/web")
    assert seen.headers["Content-Type"] == content_type
    assert seen.query == {"fieldManager": "kubectl-ambient"}
    assert json.loads(seen.body) == body


def test_a_dry_run_by_the_server(client: MakeClient, server: StandIn) -> None:
    server.answers(Reply(pod("a")))
    client().patch(NAMESPACE, "a", body={}, dry_run="server", field_manager="me", type=Object)
    assert server.seen[0].query == {"fieldManager": "me", "dryRun": "All"}


def test_a_conflict_is_told_apart(client: MakeClient, server: StandIn) -> None:
    server.answers(status(409, "Conflict", "the object has been modified", name="a"))
    with pytest.raises(ApiError) as e:
        client().patch(NAMESPACE, "a", body={}, type=Object)
    assert e.value.is_conflict


def test_results_come_in_the_order_of_the_calls_and_one_failure_stays_alone() -> None:
    def slow() -> str:
        time.sleep(0.05)
        return "slow"

    def bad() -> str:
        raise KubeError("no")

    results = side_by_side([slow, bad, lambda: "quick"])
    assert [results[0], results[2]] == ["slow", "quick"]
    assert isinstance(results[1], KubeError)
    assert side_by_side([]) == []
    assert str(side_by_side([bad])[0]) == "no"


def test_what_was_begun_runs_before_anybody_waits_for_it() -> None:
    made: list[int] = []
    there = threading.Event()

    def call(n: int) -> int:
        made.append(n)
        there.set()
        return n

    begun = begin([partial(call, n) for n in (1, 2, 3)], workers=1)
    assert there.wait(30)
    assert [one() for one in begun[::-1]] == [3, 2, 1]
    assert begun[0]() == 1  # it is made once, however often it is asked for
    assert sorted(made) == [1, 2, 3]


def test_what_was_begun_raises_where_it_is_asked_for() -> None:
    def bad() -> str:
        raise KubeError("no")

    begun = begin([bad, lambda: "good"])
    assert begun[1]() == "good"
    for _ in range(2):
        with pytest.raises(KubeError, match="no"):
            begun[0]()
    assert begin([]) == []


def test_who_asks_first_makes_the_call_where_no_thread_could_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_thread(*_: object) -> int:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("_thread.start_new_thread", no_thread)
    assert [one() for one in begin([lambda: 1, lambda: 2])] == [1, 2]


def test_calls_run_beside_each_other_but_not_all_at_once() -> None:
    running, most, lock, four = 0, 0, threading.Lock(), threading.Barrier(4)

    def call() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        four.wait(30)
        with lock:
            running -= 1

    side_by_side([call] * 32, workers=4)
    assert most == 4


def test_a_mistake_of_ours_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        side_by_side([lambda: 1, lambda: 1 // 0])


def test_a_client_is_shared_by_threads(client: MakeClient, server: StandIn) -> None:
    server.answers(Reply(pod("a")))
    c = client()
    results = c.side_by_side([lambda: c.get(NAMESPACE, "a", type=Object)] * 20)
    assert [r.metadata.name for r in results] == ["a"] * 20
    assert c.requests == len(server.seen) == 20


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_ends_the_waiting_at_once(tmp_path: Path) -> None:
    code = (
        "import os, time\n"
        "from kubectl_ambient.kube.parallel import side_by_side\n"
        "def call():\n    os.write(1, b'ready\\n')\n    time.sleep(60)\n"
        "try:\n    side_by_side([call] * 3)\n"
        "except KeyboardInterrupt:\n    print('stopped', flush=True)\n"
    )
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": root}
    )
    assert process.stdout is not None
    with ends_within(60, process):
        assert [process.stdout.readline() for _ in range(3)] == ["ready\n"] * 3
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate()
    assert (out, process.returncode) == ("stopped\n", 0)


def test_an_outcome_that_cannot_be_told_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread without memory for a word dies after its call."""
    import kubectl_ambient.kube.parallel as parallel

    class Full(queue.SimpleQueue[Any]):
        def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
            if threading.current_thread() is not threading.main_thread():
                raise MemoryError
            super().put(item)

    monkeypatch.setattr(parallel.queue, "SimpleQueue", Full)
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    assert side_by_side([lambda: 1, lambda: 2]) == [1, 2]
