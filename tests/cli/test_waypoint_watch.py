"""`waypoint status -w`: each object that changes, and nothing that is judged by half of what it names."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from typing import Any, cast

import pytest

from kubectl_ambient.cluster.needs.waypoints import WaypointNeeds
from kubectl_ambient.cluster.reading import watch
from kubectl_ambient.kube.errors import ApiError, KubeError
from kubectl_ambient.kube.pages import Listing
from kubectl_ambient.kube.resources import Resource
from kubectl_ambient.kube.watch import WatchEvent
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.runs.place import Cluster
from kubectl_ambient.runs.watching import Change, Outage
from kubectl_ambient.runs.waypoint.request import WaypointRequest
from kubectl_ambient.runs.waypoint.source import WaypointSource
from kubectl_ambient.runs.waypoint.watching import watch_waypoints
from tests.cluster.fake_client import FakeClient
from tests.cluster.shop import NOW, read
from tests.cluster.waypoint_shop import CLUSTER, gateway, made

from .enable_fixtures import Run


class Live(FakeClient):
    """Tells each change to those who watch; `slow` holds the lists of a path until it is opened."""

    def __init__(self, *objects: Any) -> None:
        super().__init__(*deepcopy(objects))
        self.watches: list[tuple[Resource, str, dict[str, Any], queue.SimpleQueue[tuple[str, Any]]]] = []
        self.slow: dict[str, threading.Event] = {}
        self.over = False
        self.ticks = 0

    def list_with_version(self, resource: Resource, namespace: str = "", **how: Any) -> Listing[Any]:
        gate = self.slow.get(f"{resource.plural} {namespace}")
        if gate:
            gate.wait()
        return Listing([item for page in self.list(resource, namespace, **how) for item in page], "1")

    def watch(self, resource: Resource, namespace: str = "", **how: Any) -> Iterator[WatchEvent[Any]]:
        if f"watch {resource.plural}" in self.refused:
            raise ApiError(403, "Forbidden", f"{resource.plural} is forbidden")
        news: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self.watches.append((resource, namespace, how, news))
        while True:
            kind, found = news.get()
            yield WatchEvent(kind, found, "2")

    def put(self, *found: Any, gone: bool = False) -> None:
        """An object comes, changes or goes."""
        for one in found:
            key = (one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"])
            old = [o for o in self.objects if (o["kind"], o["metadata"].get("namespace"), o["metadata"]["name"]) == key]
            self.objects = [o for o in self.objects if o not in old] + ([] if gone else [one])
            for resource, namespace, how, news in self.watches:
                if resource.kind != one["kind"] or namespace not in ("", key[1]):
                    continue
                held = FakeClient(one)
                how = {name: how[name] for name in ("type", "label_selector", "field_selector")}
                for page in held.list(resource, namespace, **how):
                    for item in page:
                        news.put(("DELETED" if gone else "MODIFIED", item))

    def by_its_clock(self, moment: Any) -> Any:
        self.ticks += 1
        if self.over:
            raise _Over
        return NOW


class _Over(Exception):
    """The test is over."""


class Told:
    def __init__(self, client: Live, *words: str) -> None:
        self.client = client
        self.found: list[Change[Any] | Outage] = []
        self.ended: list[KubeError] = []
        needs = WaypointNeeds(namespaces=("shop",))
        place = Cluster.__new__(Cluster)
        place.client, place.namespace = cast(Any, client), "shop"
        origin: Any = type("Origin", (), {"namespace_selector": ""})
        self.source = WaypointSource(
            judge=WaypointJudge(read(client, needs)),
            targets=[],
            namespace="shop",
            many=False,
            place=place,
            needs=needs,
            asked=WaypointRequest(origin=origin, targets=(), names=(), label_selector=""),
        )
        self.source.look_again()
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self) -> None:
        bindings = [self.source.judge.of(target) for target in self.source.targets]
        with suppress(_Over):
            try:
                self.found.extend(watch_waypoints(self.source, bindings, ""))
            except KubeError as error:
                self.ended.append(error)

    def until(self, true: Callable[[], object]) -> None:
        until = time.monotonic() + 20
        while not true():
            assert time.monotonic() < until, self.words
            time.sleep(0.01)
        seen = self.client.ticks
        while self.client.ticks < seen + 4 and self._thread.is_alive():
            assert time.monotonic() < until
            time.sleep(0.01)

    @property
    def words(self) -> list[str]:
        return [
            one.sentence
            if isinstance(one, Outage)
            else f"{one.verdict.kind} {one.verdict.name} {'Gone' if one.gone else one.verdict.reason}"
            for one in list(self.found)
        ]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    monkeypatch.setattr(watch, "TICK", 0.03)
    made = Live(*CLUSTER)
    yield made
    made.over = True


def cart(**labels: str) -> Any:
    return made(
        "Service", "v1", "cart", labels={f"istio.io/{k}": v for k, v in labels.items()}, spec={"clusterIP": "10.0.0.1"}
    )


def watches(client: Live) -> set[tuple[str, str]]:
    return {(resource.plural, namespace) for resource, namespace, *_ in client.watches}


def test_nothing_is_told_while_nothing_changes(client: Live) -> None:
    told = Told(client)
    told.until(lambda: len(client.watches) == 9)
    assert told.words == []
    assert watches(client) == {
        *((plural, "shop") for plural in ("services", "serviceentries", "pods", "workloadentries", "gateways")),
        *((plural, "infra") for plural in ("gateways", "pods")),
        ("namespaces", ""),
    }


def test_a_label_and_a_gateway_and_an_object_that_goes(client: Live) -> None:
    told = Told(client)
    told.until(lambda: len(client.watches) == 9)
    client.put(cart(**{"use-waypoint": "wp"}), cart(**{"use-waypoint": "none"}))
    told.until(lambda: told.found)
    assert told.words[-1] == "Service cart OptedOut"
    client.put(cart(**{"use-waypoint": "wp"}))
    told.until(lambda: told.words[-1] == "Service cart WaypointAccepted")
    client.put(gateway("wp"), gone=True)
    told.until(lambda: "Service cart WaypointIsNotReady" in told.words)
    client.put(cart(), gone=True)
    told.until(lambda: told.words[-1] == "Service cart Gone")


def test_a_waypoint_elsewhere_is_read_before_it_is_judged(client: Live) -> None:
    """Else it would be said for a moment that there is no such Gateway."""
    client.put(gateway("other", "far"), cart())
    client.slow["gateways far"] = threading.Event()
    told = Told(client)
    told.until(lambda: len(client.watches) == 7)
    client.put(cart(**{"use-waypoint": "other", "use-waypoint-namespace": "far"}))
    told.until(lambda: ("pods", "far") in watches(client))
    assert told.words == [], "its pods are known and the Gateway itself is not"
    client.slow["gateways far"].set()
    told.until(lambda: told.found)
    assert [word for word in told.words if word.startswith("Service")] == ["Service cart AttachmentDenied"]


def test_what_cannot_be_watched_ends_it_and_is_not_gone(client: Live) -> None:
    client.refused.add("watch services")
    told = Told(client)
    told.until(lambda: told.ended)
    assert "services is forbidden" in str(told.ended[0])
    assert told.words == []


def test_gateways_that_cannot_be_watched_are_unknown_from_then_on(
    client: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    client.refused.add("watch gateways")
    told = Told(client)
    told.until(lambda: told.found)
    assert "Service cart EvidenceMissing" in told.words
    assert "Gone" not in " ".join(told.words)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("-w --fail-on any", "--fail-on needs an end"),
        ("--timestamps", "--timestamps goes with the rows of --watch"),
        ("-w --timestamps -o json", "--timestamps goes with the rows of --watch"),
        ("-w -f x.yaml", "--watch needs a cluster"),
    ],
)
def test_what_does_not_go_with_it(ambient: Run, words: str, sentence: str) -> None:
    told = ambient("waypoint", "status", *words.split())
    assert (told.code, told.out) == (2, "")
    assert sentence in told.err
