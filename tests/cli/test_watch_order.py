"""Watches that break come back one by one: nothing is judged by what half of them know."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from msgspec.structs import replace

from kubectl_ambient.cluster.needs.pods import of_pods_in
from kubectl_ambient.cluster.reading import watch
from kubectl_ambient.cluster.reading.watch import BACK
from kubectl_ambient.cluster.scope import Scope
from kubectl_ambient.kube import transport
from kubectl_ambient.kube import watch as kube_watch
from kubectl_ambient.kube.errors import ApiError, ConnectionFailed
from kubectl_ambient.kube.pages import Listing
from kubectl_ambient.kube.resources import Resource
from kubectl_ambient.kube.watch import WatchEvent
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.evidence import Finding
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.render.status import is_terminating
from kubectl_ambient.runs.place import Cluster
from kubectl_ambient.runs.status import Source
from kubectl_ambient.runs.watching import Change, MeshChange, Outage, watch_status
from tests.cluster import manifests_of as m
from tests.cluster.fake_client import FakeClient
from tests.cluster.shop import CLUSTER, NOW, read

SHOP = Scope(namespace="shop")
IN = {"ambient.istio.io/redirection": "enabled"}
PODS = ("web-5d9f-1", "web-5d9f-2", "db-0")
WATCHES = ("pods", "namespaces", "istio-cni-node", "ztunnel")


class Scripted(FakeClient):
    """Each list waits for its gate; each watch is silent until it breaks, once."""

    def __init__(self, *objects: m.Manifest) -> None:
        super().__init__(*deepcopy(objects))
        self.gates = {what: threading.Event() for what in WATCHES}
        self.broken = {what: threading.Event() for what in WATCHES}
        self.away: dict[str, list[Exception]] = {what: [] for what in WATCHES}
        self.listed = dict.fromkeys(WATCHES, 0)
        self.ticks = 0
        self.over = False
        self.moment = NOW + timedelta(hours=1)
        for gate in self.gates.values():
            gate.set()

    def list_with_version(self, resource: Resource, namespace: str = "", **how: Any) -> Listing[Any]:
        what = how["label_selector"].rpartition("=")[2] or resource.plural
        self.gates[what].wait()
        if self.away[what]:
            raise self.away[what].pop(0)
        self.listed[what] += 1
        return Listing([item for page in self.list(resource, namespace, **how) for item in page], "1")

    def watch(self, resource: Resource, namespace: str = "", **how: Any) -> Iterator[WatchEvent[Any]]:
        what = how["label_selector"].rpartition("=")[2] or resource.plural
        if self.listed[what] == 1:
            self.broken[what].wait()
            raise ConnectionFailed("reset by peer")
        threading.Event().wait()
        yield from ()

    def by_its_clock(self, moment: datetime) -> datetime:
        self.ticks += 1
        if self.over:
            raise _Over
        return self.moment

    def change(self, kind: str, name: str, part: str, value: dict[str, str]) -> None:
        for found in self.objects:
            if (found["kind"], found["metadata"]["name"]) == (kind, name):
                found["metadata"][part] = value

    def outage(self) -> None:
        """All watches break, and no list is answered until its gate is opened."""
        for what in WATCHES:
            self.gates[what].clear()
            self.broken[what].set()


class _Over(Exception):
    """The test is over."""


class Told:
    """What a watch tells, row by row, in a thread of its own."""

    def __init__(self, client: Scripted, output: str = "") -> None:
        self.client = client
        self.found: list[Change | MeshChange | Outage] = []
        snapshot = read(client, of_pods_in(SHOP))
        place = Cluster.__new__(Cluster)
        place.client = cast(Any, client)
        self._source = Source(
            judge=Judge(snapshot),
            pods=list(snapshot.pods),
            namespace="shop",
            many=False,
            selected=False,
            origin=cast(Any, None),
            place=place,
            scope=SHOP,
        )
        self._output = output
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()
        self.until(lambda: client.ticks > 1 and all(client.listed.values()))

    def _collect(self) -> None:
        with suppress(_Over):
            self.found.extend(watch_status(self._source, self._output))

    def until(self, true: Callable[[], object]) -> None:
        until = time.monotonic() + 20
        while not true():
            assert time.monotonic() < until, self.words
            time.sleep(0.01)
        self.quiet()

    def quiet(self) -> None:
        """Let it look around a few times more."""
        seen = self.client.ticks
        until = time.monotonic() + 20
        while self.client.ticks < seen + 4 and time.monotonic() < until:
            time.sleep(0.01)

    @property
    def words(self) -> list[str]:
        """`NAME STATE`, `mesh: CODE` or the sentence."""
        return [word for told in list(self.found) for word in _words(told)]

    def end(self) -> None:
        self.client.over = True
        self._thread.join(20)


def _words(told: Change | MeshChange | Outage) -> list[str]:
    if isinstance(told, Outage):
        return [told.sentence]
    if isinstance(told, MeshChange):
        return [f"mesh: {' '.join(finding.code for finding in told.findings)}"]
    return [f"{told.verdict.name} {'Gone' if told.gone else told.verdict.state}"]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    monkeypatch.setattr(transport, "sleep", lambda seconds: time.sleep(0.01))
    monkeypatch.setattr(watch, "TICK", 0.03)
    made = Scripted(*CLUSTER)
    for name in PODS:
        made.change("Pod", name, "annotations", IN)
    yield made
    made.over = True


@pytest.fixture
def told(client: Scripted) -> Iterator[Told]:
    made = Told(client)
    yield made
    made.end()


@pytest.mark.parametrize("late", WATCHES)
def test_what_came_back_late_decides_before_anything_is_told(client: Scripted, told: Told, late: str) -> None:
    """All moved out meanwhile: by the namespace as it was, each pod would have lost its redirection."""
    client.outage()
    client.change("Namespace", "shop", "labels", {})
    for name in PODS:
        client.change("Pod", name, "annotations", {})
    for what in (what for what in WATCHES if what != late):
        client.gates[what].set()
    told.until(lambda: all(count == 2 for what, count in client.listed.items() if what != late))
    assert told.words == []
    client.gates[late].set()
    told.until(lambda: told.found)
    assert told.words == [f"{name} NotAmbient" for name in sorted(PODS)]


def test_what_did_not_change_is_not_told(client: Scripted, told: Told) -> None:
    client.outage()
    for gate in client.gates.values():
        told.quiet()
        gate.set()
    told.until(lambda: set(client.listed.values()) == {2})
    assert told.words == []


def test_pods_do_not_age_while_nothing_is_known(client: Scripted) -> None:
    """One that was about to go in is not said to have failed while nobody could see it."""
    client.change("Pod", "db-0", "annotations", {})
    client.moment = NOW + timedelta(seconds=2)
    told = Told(client)
    try:
        client.outage()
        client.moment += timedelta(hours=1)
        client.gates["pods"].set()
        told.until(lambda: client.listed["pods"] == 2)
        assert told.words == []
        client.change("Pod", "db-0", "annotations", IN)
        for gate in client.gates.values():
            gate.set()
        told.until(lambda: set(client.listed.values()) == {2})
    finally:
        told.end()


def test_an_outage_is_one_line_and_its_end_another(client: Scripted, told: Told) -> None:
    """And it is waited for, longer than anybody else would."""
    refused = ConnectionFailed("The connection to the server h:6443 was refused")
    for what in WATCHES:
        client.away[what] = [refused] * 40
    client.outage()
    for gate in client.gates.values():
        gate.set()
    told.until(lambda: set(client.listed.values()) == {2})
    assert told.words == [f"lost the connection to the server; going on: {refused}", BACK]


def test_a_server_that_is_up_and_cannot_answer_is_told_so(client: Scripted, told: Told) -> None:
    client.away["namespaces"] = [ApiError(503, "ServiceUnavailable", "not yet")]
    client.outage()
    for gate in client.gates.values():
        gate.set()
    told.until(lambda: set(client.listed.values()) == {2})
    busy = "Error from server (ServiceUnavailable): not yet"
    assert told.words == [f"the server cannot answer for now; going on: {busy}", BACK]


@pytest.mark.parametrize("what", WATCHES)
def test_a_server_that_has_not_read_its_roles_yet_takes_nothing_away(client: Scripted, told: Told, what: str) -> None:
    """As kube-apiserver is for a moment after its start."""
    client.away[what] = [ApiError(403, "Forbidden", "RBAC: role not found")] * 2
    client.outage()
    for gate in client.gates.values():
        gate.set()
    told.until(lambda: set(client.listed.values()) == {2})
    refused = "Error from server (Forbidden): RBAC: role not found"
    assert told.words == [f"the server cannot answer for now; going on: {refused}", BACK]


def test_a_right_that_is_taken_away_meanwhile_is_told(
    client: Scripted, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kube_watch, "_WARMING_UP", 0.1)
    client.away["namespaces"] = [ApiError(403, "Forbidden", "no more")] * 1000
    client.outage()
    for gate in client.gates.values():
        gate.set()
    told.until(lambda: client.listed["pods"] == 2 and told.words[2:])
    assert told.words[1:] == [BACK, "db-0 Unknown", "web-5d9f-1 Unknown", "web-5d9f-2 Unknown"]


def test_what_is_true_of_the_mesh_is_told_when_it_changes(
    client: Scripted, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_mesh(source: Source, verdicts: Any) -> list[Finding]:
        gone = not source.judge.snapshot.ztunnel_pods
        return [Finding.of(Code.AGENT_MISSING, "ztunnel is gone")] if gone else []

    monkeypatch.setattr(Source, "mesh_findings", of_mesh)
    client.change("Pod", "ztunnel-1", "labels", {})
    client.outage()
    for gate in client.gates.values():
        gate.set()
    told.until(lambda: set(client.listed.values()) == {2})
    assert told.words == ["mesh: AgentMissing", "db-0 Enrolled", "web-5d9f-1 Enrolled", "web-5d9f-2 Enrolled"]


@pytest.mark.parametrize("output", ["", "json"])
def test_a_remark_alone_prints_no_row_again(client: Scripted, output: str) -> None:
    """Documents show it."""
    client.change("Namespace", "shop", "labels", {})
    for name in PODS:
        client.change("Pod", name, "annotations", {})
    told = Told(client, output)
    remark = Finding.of(Code.HOST_NETWORK_TRIED, "a remark")
    try:
        with pytest.MonkeyPatch.context() as patched:
            judge = Judge.judge
            patched.setattr(Judge, "judge", lambda self, pod: replace(judge(self, pod), findings=(remark,)))
            client.change("Pod", "db-0", "labels", {"app": "other"})
            client.outage()
            for gate in client.gates.values():
                gate.set()
            told.until(lambda: set(client.listed.values()) == {2})
    finally:
        told.end()
    assert told.words == (["db-0 NotAmbient"] if output else [])


def test_a_pod_that_is_being_deleted_is_told_once(client: Scripted, told: Told) -> None:
    for found in client.objects:
        if found["metadata"]["name"] == "db-0":
            found["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:30Z"
    client.outage()
    for gate in client.gates.values():
        gate.set()
    told.until(lambda: set(client.listed.values()) == {2})
    assert told.words == ["db-0 Enrolled"]
    (change,) = told.found
    assert isinstance(change, Change)
    assert is_terminating(change.verdict)
