"""Issue 10, 9: however a watch of `status -w` ends, it is told; nothing is left waiting, nothing asked in a hurry."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kubectl_ambient.kube.resources import find_resource
from kubectl_ambient.kube.selectors import parse_label_selector
from tests.cluster import manifests_of as m
from tests.cluster.shop import CLUSTER, CNI
from tests.kube.standin import Reply, Seen, StandIn, status

LONGEST = 60.0
Fields = dict[str, Any]

SHOP: Fields = {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "shop", "resourceVersion": "2"}}


AGENT = {"containers": [{"name": "install-cni", "image": "istio/install-cni:1.22.0"}]}
OBJECTS = [
    *(o for o in CLUSTER if not o["metadata"]["name"].startswith("istio-cni-node-")),
    m.pod("istio-cni-node-1", "istio-system", labels=CNI, spec=AGENT),
    m.pod("istio-cni-node-2", "istio-system", labels=CNI, spec={"nodeName": "n2", **AGENT}),
]


def event(kind: str, told: Fields) -> bytes:
    return json.dumps({"type": kind, "object": told}).encode() + b"\n"


def failure(code: int, reason: str, message: str = "no") -> Fields:
    body: Fields = status(code, reason, message).body
    return body


def listed(seen: Seen) -> Reply:
    """What a small cluster answers to all but watches."""
    *_, namespaces, home, plural = ("", "", *seen.path.split("/"))
    if namespaces != "namespaces" and home == "namespaces":  # one by its name
        found = [o for o in OBJECTS if (o["kind"], o["metadata"]["name"]) == ("Namespace", plural)]
        return Reply(found[0]) if found else status(404, "NotFound", "not found", name=plural)
    resource = find_resource(plural)
    wanted = parse_label_selector(seen.query.get("labelSelector", ""))
    items = [
        o
        for o in OBJECTS
        if (o["kind"], o["apiVersion"]) == (resource.kind, resource.api_version)
        and (namespaces != "namespaces" or o["metadata"].get("namespace") == home)
        and wanted.matches(o["metadata"].get("labels") or {})
    ]
    return Reply({"kind": f"{resource.kind}List", "metadata": {"resourceVersion": "9"}, "items": items})


class Cluster:
    """Watches of pods, of namespaces and of agents are answered as the test says; else they are silent."""

    def __init__(self) -> None:
        self.standin = StandIn()
        self.standin.answers(self._answer)
        self.watches: dict[str, Callable[[], Reply]] = {}
        self.asked: list[tuple[str, float]] = []
        self.over = threading.Event()

    def _answer(self, seen: Seen) -> Reply:
        if "watch" not in seen.query:
            return listed(seen)
        what = seen.query.get("labelSelector", "").rpartition("=")[2] or seen.path.rpartition("/")[2]
        self.asked.append((what, time.monotonic()))
        return self.watches[what]() if what in self.watches else Reply(chunks=self._silence())

    def _silence(self) -> Iterator[bytes]:
        self.over.wait(LONGEST)
        yield from ()

    def times(self, what: str) -> list[float]:
        return [when for name, when in self.asked if name == what]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster()
    yield made
    made.over.set()
    made.standin.stop()


class Running:
    """A running `status -w`."""

    def __init__(self, cluster: Cluster, folder: Path, *flags: str) -> None:
        path = folder / "kubeconfig"
        content = {
            "current-context": "dev",
            "clusters": [{"name": "c", "cluster": {"server": cluster.standin.url}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "dev", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}],
        }
        path.write_text(json.dumps(content))
        root = str(Path(__file__).parents[2])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kubectl_ambient", "status", "-w", "-o", "json", f"--kubeconfig={path}", *flags],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"HOME": str(folder), "PYTHONPATH": root, "PATH": os.environ["PATH"]},
        )
        self.err: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.out: list[str] = []
        for stream, take in ((self.process.stdout, self.out.append), (self.process.stderr, self.err.put)):
            threading.Thread(target=self._read, args=(stream, take), daemon=True).start()

    @staticmethod
    def _read(stream: Any, take: Callable[[str], None]) -> None:
        for line in stream:
            take(line.rstrip("\n"))

    def line(self, beginning: str) -> str:
        """The next line on stderr that begins so."""
        passed: list[str] = []
        until = time.monotonic() + LONGEST
        while time.monotonic() < until:
            try:
                line = self.err.get(timeout=0.2)
            except queue.Empty:
                continue
            if line.startswith(beginning):
                return line
            passed.append(line)
        raise TimeoutError(passed)

    def ends(self) -> int:
        return self.process.wait(LONGEST)


@pytest.fixture
def start(cluster: Cluster, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    made: list[Running] = []

    def begin(*flags: str) -> Running:
        made.append(Running(cluster, tmp_path, *flags))
        return made[-1]

    yield begin
    for running in made:
        running.process.kill()
        running.process.wait(LONGEST)


Start = Callable[..., Running]


def wait_until(true: Callable[[], object]) -> None:
    until = time.monotonic() + LONGEST
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


REFUSALS = [
    ("namespaces", "namespaces"),
    ("istio-cni-node", "the pods of istio-cni"),
    ("ztunnel", "the pods of ztunnel"),
]


@pytest.mark.parametrize(("what", "words"), REFUSALS)
def test_a_secondary_watch_that_is_refused_is_told_and_the_rest_goes_on(
    cluster: Cluster, start: Start, what: str, words: str
) -> None:
    cluster.watches[what] = lambda: status(403, "Forbidden", "it is forbidden")
    running = start()
    running.line("Error from server (Forbidden): it is forbidden")
    assert running.line("not known") == (
        f"not known from now on: what {words} decide, since they can be watched no more"
    )
    assert running.process.poll() is None
    running.process.send_signal(signal.SIGINT)
    assert running.ends() == 130


@pytest.mark.parametrize(
    "dies",
    [
        lambda: Reply(b"<html>\n"),
        lambda: Reply(chunks=[event("ERROR", failure(403, "Forbidden"))]),
        lambda: Reply(chunks=[event("MODIFIED", {"kind": "Service", "apiVersion": "v1", "metadata": {"name": "a"}})]),
        lambda: Reply(chunks=[event("FOO", SHOP)]),
    ],
)
def test_what_a_watch_that_died_decided_is_unknown_from_then_on(
    cluster: Cluster, start: Start, dies: Callable[[], Reply]
) -> None:
    cluster.watches["namespaces"] = dies
    running = start()
    running.line("not known from now on: what namespaces decide")
    wait_until(lambda: len(states(running)) > 1)
    before, *_, after = states(running)
    assert set(before.values()) != {"Unknown"}
    assert set(after.values()) == {"Unknown"}


def states(running: Running) -> list[dict[str, str]]:
    """The states of the pods, as the documents told them that are whole; the later ones one pod each."""
    documents = "\n".join(running.out).replace("\n}\n{", "\n}\0{").split("\0")
    return [{item["name"]: item["state"] for item in json.loads(d)["items"]} for d in documents if d.endswith("\n}")]


@pytest.mark.parametrize(
    ("dies", "sentence"),
    [
        (lambda: status(403, "Forbidden", "pods is forbidden"), "Error from server (Forbidden): pods is forbidden"),
        (lambda: Reply(b"<html>\n"), "error: the watch of pods cannot be read: "),
        (
            lambda: Reply(chunks=[event("ERROR", failure(400, "BadRequest", "odd"))]),
            "Error from server (BadRequest): odd",
        ),
        (lambda: Reply(chunks=[event("ERROR", {})]), "error: the watch of pods ended with an error without a Status"),
        (
            lambda: Reply(chunks=[event("ADDED", SHOP)]),
            "error: the watch of pods cannot be read: its kind is Namespace",
        ),
    ],
)
def test_where_the_pods_can_be_watched_no_more_it_ends(
    cluster: Cluster, start: Start, dies: Callable[[], Reply], sentence: str
) -> None:
    cluster.watches["pods"] = dies
    running = start()
    running.line(sentence)
    assert running.ends() == 1


@pytest.mark.parametrize(
    "gone",
    [
        lambda: status(410, "Expired", "too old resource version"),
        lambda: Reply(chunks=[event("ERROR", failure(410, "Expired", "too old resource version"))]),
    ],
)
def test_a_server_that_forgets_for_ever_is_asked_ever_more_seldom_and_then_it_ends(
    cluster: Cluster, start: Start, gone: Callable[[], Reply]
) -> None:
    cluster.watches["pods"] = gone
    running = start()
    running.line("Error from server (Expired): too old resource version")
    assert running.ends() == 1
    asked = cluster.times("pods")
    assert len(asked) == 5
    assert asked[-1] - asked[-2] >= 3.2
    assert "Traceback" not in str(running.out)


@pytest.mark.parametrize(
    "closes",
    [
        lambda: Reply(chunks=[]),
        lambda: Reply(chunks=[b'{"type":"ADDED","obj']),
        lambda: Reply(chunks=[event("BOOKMARK", {"kind": "Pod", "metadata": {}})]),
    ],
)
def test_a_server_that_closes_for_ever_is_asked_ever_more_seldom(
    cluster: Cluster, start: Start, closes: Callable[[], Reply]
) -> None:
    cluster.watches["pods"] = closes
    running = start()
    wait_until(lambda: len(cluster.times("pods")) == 5)
    asked = cluster.times("pods")
    assert asked[-1] - asked[0] >= 6
    assert running.process.poll() is None


def test_the_time_of_a_request_ends_it_without_a_word(cluster: Cluster, start: Start) -> None:
    """As it ends `kubectl get -w`: exit code 0."""
    running = start("--request-timeout=4s")
    assert running.ends() == 0
    assert [line for line in _rest(running.err) if not line.startswith("assumed: ")] == []


def _rest(lines: queue.SimpleQueue[str]) -> Iterator[str]:
    while True:
        try:
            yield lines.get(timeout=1)
        except queue.Empty:
            return
