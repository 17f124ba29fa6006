"""What is missed between reading and watching is told all the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any, TypeVar, cast

import pytest

from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.cluster.kinds.pods import PODS
from kubectl_ambient.cluster.needs.pods import of_namespaces, of_pods_in
from kubectl_ambient.cluster.needs.watched import of_pods
from kubectl_ambient.cluster.reading.watch import Changes, follow
from kubectl_ambient.cluster.scope import Scope
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube import transport
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import Expired, KubeError
from kubectl_ambient.kube.pages import Listing
from kubectl_ambient.kube.resources import Resource
from kubectl_ambient.kube.watch import WatchEvent

from . import manifests_of as m
from .fake_client import FakeClient
from .shop import CLUSTER, read

T = TypeVar("T")
SHOP = Scope(namespace="shop")


class Watched(FakeClient):
    """Watches tell nothing; the first one of `expires` ends with Expired once `go_on` is set."""

    expires = ""

    def __init__(self, *objects: m.Manifest) -> None:
        super().__init__(*objects)
        self.go_on = threading.Event()
        self.versions: list[str] = []

    def list_with_version(self, resource: Resource, namespace: str = "", **how: Any) -> Listing[Any]:
        found = [item for page in self.list(resource, namespace, **how) for item in page]
        return Listing(found, f"{len(self.versions) + 1}")

    def watch(
        self, resource: Resource, namespace: str = "", *, resource_version: str, **how: Any
    ) -> Iterator[WatchEvent[Any]]:
        self._ask("watch", resource, namespace, how["label_selector"], metadata_only=False)
        assert resource_version
        if resource.plural == self.expires and not how["label_selector"]:
            self.expires = ""
            self.go_on.wait()
            raise Expired(410, "Expired", "too old")
        threading.Event().wait()
        yield from ()

    def remove(self, kind: str, name: str) -> None:
        self.objects = [o for o in self.objects if (o["kind"], o["metadata"]["name"]) != (kind, name)]


def begin(client: Watched) -> tuple[Snapshot, Iterator[Changes]]:
    snapshot = read(client, of_pods_in(SHOP))
    return snapshot, follow(cast(Client, client), snapshot, partial(of_pods, scopes=[SHOP]), subjects=[PODS])


def next_change(following: Iterator[Changes]) -> Changes:
    """The next batch in which something is told."""
    return next(batch for batch in islice(following, 30) if batch.subjects or batch.others)


def test_a_pod_that_goes_between_the_reading_and_the_watching_is_gone() -> None:
    client = Watched(*CLUSTER)
    snapshot, following = begin(client)
    client.remove("Pod", "db-0")
    assert next_change(following).subjects == {("shop", "db-0")}
    assert [pod.name for pod in snapshot.pods] == ["web-5d9f-1", "web-5d9f-2"]


def test_a_pod_that_goes_while_the_server_forgets_is_gone() -> None:
    client = Watched(*CLUSTER)
    client.expires = "pods"
    _, following = begin(client)
    assert not next(following).subjects
    client.remove("Pod", "web-5d9f-1")
    client.go_on.set()
    assert next_change(following).subjects == {("shop", "web-5d9f-1")}


def test_a_changed_pod_and_a_new_one() -> None:
    client = Watched(*CLUSTER)
    _, following = begin(client)
    client.objects.append(m.pod("later", namespace="shop"))
    (first,) = [o for o in client.objects if o["metadata"]["name"] == "db-0"]
    client.remove("Pod", "db-0")  # and not changed: other tests have the same object
    client.objects.append({**first, "metadata": {**first["metadata"], "labels": {"istio.io/dataplane-mode": "none"}}})
    assert next_change(following).subjects == {("shop", "db-0"), ("shop", "later")}


def test_two_namespaces_are_followed_and_neither_takes_the_others_pods_away() -> None:
    client = Watched(*CLUSTER)
    snapshot = read(client, of_namespaces(["shop", "plain"]))
    scopes = [SHOP, Scope(namespace="plain")]
    following = follow(cast(Client, client), snapshot, partial(of_pods, scopes=scopes), subjects=[PODS])
    before = dict(snapshot.pods.facts)
    client.remove("Pod", "lone")
    assert next_change(following).subjects == {("plain", "lone")}
    assert snapshot.pods.facts == {key: fact for key, fact in before.items() if key != "plain/lone"}


def test_nothing_changes() -> None:
    _, following = begin(Watched(*CLUSTER))
    assert [next(following) for _ in range(2)] == [Changes(), Changes()]


def test_an_agent_that_goes_changes_others() -> None:
    client = Watched(*CLUSTER)
    snapshot, following = begin(client)
    client.remove("Pod", "ztunnel-1")
    changes = next_change(following)
    assert (changes.subjects, changes.others) == (set(), True)
    assert (snapshot.ztunnel_pods.facts, snapshot.ztunnel_pods.unread) == ({}, {})


def test_pods_that_cannot_be_watched_end_it() -> None:
    client = Watched(*CLUSTER)
    client.refused.add("watch pods shop")
    _, following = begin(client)
    with pytest.raises(KubeError, match="pods is forbidden"):
        list(islice(following, 3))


def test_what_else_cannot_be_watched_is_told_and_unknown_from_then_on() -> None:
    client = Watched(*CLUSTER)
    client.refused |= {"watch namespaces", "watch pods * app=ztunnel"}
    snapshot, following = begin(client)
    lost = [sentence for batch in islice(following, 3) for sentence in batch.lost]
    assert sorted(lost) == [
        "Error from server (Forbidden): namespaces is forbidden\n"
        "not known from now on: what namespaces decide, since they can be watched no more",
        "Error from server (Forbidden): pods is forbidden\n"
        "not known from now on: what the pods of ztunnel decide, since they can be watched no more",
    ]
    assert snapshot.namespaces.get("shop") == Unread(what="watch namespaces", why="forbidden")
    assert snapshot.ztunnel_pods.refusal == Unread(what="watch the pods of ztunnel", why="forbidden")
    assert (snapshot.namespaces.facts, snapshot.ztunnel_pods.facts) == ({}, {})
    assert not snapshot.cni_pods.unread


@pytest.mark.parametrize("verb", ["list", "watch"])
def test_whatever_goes_wrong_in_a_watch_ends_it(verb: str) -> None:
    client = Watched(*CLUSTER)
    _, following = begin(client)
    client.errors[f"{verb} namespaces"] = ZeroDivisionError("oops")
    with pytest.raises(ZeroDivisionError, match="oops"):
        list(islice(following, 30))


def test_a_server_that_forgets_for_ever_is_asked_ever_more_seldom_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(transport, "sleep", pauses.append)
    client = Watched(*CLUSTER)
    client.errors["watch pods"] = Expired(410, "Expired", "too old resource version")
    _, following = begin(client)
    with pytest.raises(Expired, match=r"^Error from server \(Expired\): too old resource version$"):
        list(islice(following, 30))
    ours = [pause for pause in pauses if pause]
    assert len(ours) >= 4
    assert max(ours) >= 3.2


def test_the_end_of_a_watch_is_its_end() -> None:
    client = Watched(*CLUSTER)
    client.watch = lambda *_, **__: iter(())  # type: ignore[method-assign]
    _, following = begin(client)
    assert len(list(islice(following, 30))) < 30
