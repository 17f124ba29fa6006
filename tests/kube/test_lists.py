"""Lists: pages, a list that the server forgets in the middle, and objects that do not fit."""

from __future__ import annotations

import gc
import json
from typing import Any

import pytest

from kubectl_ambient.cluster.kinds.pods import Pod
from kubectl_ambient.kube.decoding import BadObject
from kubectl_ambient.kube.errors import ApiError, BadAnswer, Expired
from kubectl_ambient.kube.resources import find_resource

from .conftest import MakeClient, Object
from .standin import Reply, StandIn, a_list, pod, status

PODS = find_resource("pods")
GONE = status(410, "Expired", "The provided continue parameter is too old", retryAfterSeconds=0)


def names(items: list[Object]) -> list[str]:
    return [item.metadata.name for item in items]


def test_pages_follow_one_another(client: MakeClient, server: StandIn) -> None:
    server.answers(a_list(pod("a"), pod("b"), more="t1"), a_list(pod("c"), more="t2"), a_list(pod("d")))
    pages = client().list(PODS, "shop", type=Object, chunk_size=2, label_selector="x=y", field_selector="a=b")
    assert [names(page) for page in pages] == [["a", "b"], ["c"], ["d"]]
    assert [s.path for s in server.seen] == ["/api/v1/namespaces/shop/pods"] * 3
    same = {"labelSelector": "x=y", "fieldSelector": "a=b", "limit": "2"}
    assert [s.query for s in server.seen] == [same, {**same, "continue": "t1"}, {**same, "continue": "t2"}]


def test_all_namespaces_and_no_chunks(client: MakeClient, server: StandIn) -> None:
    server.answers(a_list(pod("a")))
    assert [names(p) for p in client().list(PODS, type=Object, chunk_size=0)] == [["a"]]
    assert (server.seen[0].path, server.seen[0].query) == ("/api/v1/pods", {})


def test_a_list_knows_the_version_to_watch_from(client: MakeClient, server: StandIn) -> None:
    server.answers(a_list(pod("a"), version="41", more="t"), a_list(pod("b"), version="41"))
    items, version = client().list_with_version(PODS, type=Object)
    assert (names(items), version) == (["a", "b"], "41")


def test_metadata_only(client: MakeClient, server: StandIn) -> None:
    server.answers(a_list(pod("a"), kind="PartialObjectMetadataList"))
    list(client().list(PODS, type=Object, metadata_only=True))
    assert server.seen[0].headers["Accept"] == (
        "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
    )


@pytest.mark.parametrize("items", [None, []])
def test_an_empty_list(client: MakeClient, server: StandIn, items: Any) -> None:
    server.answers(Reply({"kind": "PodList", "metadata": {}, "items": items}))
    assert client().list_with_version(PODS, type=Object).items == []


class TestForgotten:
    """Trap 15: a 410 in the middle of a list."""

    def test_the_list_begins_anew_without_a_limit_and_nothing_comes_twice(
        self, client: MakeClient, server: StandIn
    ) -> None:
        server.answers(a_list(pod("a"), pod("b"), more="t", version="1"), GONE, a_list(pod("b"), pod("c"), version="9"))
        c = client()
        assert [names(p) for p in c.list(PODS, type=Object, chunk_size=2)] == [["b", "c"]]
        assert [s.query for s in server.seen] == [{"limit": "2"}, {"limit": "2", "continue": "t"}, {}]

    def test_the_version_is_the_new_one(self, client: MakeClient, server: StandIn) -> None:
        server.answers(a_list(pod("a"), more="t", version="1"), GONE, a_list(pod("b"), version="9"))
        items, version = client().list_with_version(PODS, type=Object)
        assert (names(items), version) == (["b"], "9")

    def test_who_can_drop_what_came_gets_pages_at_once(self, client: MakeClient, server: StandIn) -> None:
        server.answers(a_list(pod("a"), more="t"), GONE, a_list(pod("b")))
        kept: list[Object] = []
        requests = []
        c = client()
        for page in c.list(PODS, type=Object, on_restart=kept.clear):
            requests.append(c.requests)
            kept += page
        assert names(kept) == ["b"]
        assert requests == [1, 3]

    def test_once_only(self, client: MakeClient, server: StandIn) -> None:
        server.answers(a_list(pod("a"), more="t"), GONE)
        with pytest.raises(Expired):
            list(client().list(PODS, type=Object))
        assert len(server.seen) == 3

    def test_not_at_the_beginning(self, client: MakeClient, server: StandIn) -> None:
        server.answers(GONE)
        with pytest.raises(Expired):
            list(client().list(PODS, type=Object))
        assert len(server.seen) == 1

    def test_a_bad_object_is_told_once(self, client: MakeClient, server: StandIn) -> None:
        server.answers(a_list(pod(5), more="t"), GONE, a_list(pod(5), pod("a")))
        c = client()
        assert names(c.list_with_version(PODS, type=Object).items) == ["a"]
        assert len(c.bad_objects) == 1


class TestBadObjects:
    """A bad object in a list never hides the good ones."""

    def test_the_others_come(self, client: MakeClient, server: StandIn) -> None:
        bad = {"metadata": {"name": "bad", "namespace": "shop", "labels": {"a": 1}}}
        server.answers(a_list(pod("a"), bad, pod("c"), more="t"), a_list(pod("d")))
        c = client()
        assert [names(p) for p in c.list(PODS, type=Object)] == [["a", "c"], ["d"]]
        assert c.bad_objects == [
            BadObject("Pod", "shop", "bad", "Expected `str`, got `int` - at `$.metadata.labels[...]`")
        ]
        assert str(c.bad_objects[0]).startswith("Pod shop/bad: Expected `str`")

    @pytest.mark.parametrize("bad", [5, None, [], "x", {}, {"metadata": None}, pod(None)])
    def test_whatever_it_is(self, client: MakeClient, server: StandIn, bad: Any) -> None:
        told: list[BadObject] = []
        server.answers(a_list(pod("a"), bad))
        c = client()
        assert [names(p) for p in c.list(PODS, type=Object, on_bad=told.append)] == [["a"]]
        assert [t.kind for t in told] == ["Pod"]
        assert c.bad_objects == []

    def test_nested_too_deeply_or_no_text(self, client: MakeClient, server: StandIn) -> None:
        good = json.dumps(pod("a")).encode()
        name = b'{"metadata":{"name":"\xff"}}'
        server.answers(Reply(b'{"kind":"PodList","items":[' + b",".join((good, name)) + b"]}"))
        c = client()
        assert [names(p) for p in c.list(PODS, type=Object)] == [["a"]]
        assert len(c.bad_objects) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"<html>log in</html>",
        b"",
        b"[]",
        b'{"kind":"Pod"}',
        b'{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}}',
        b'{"kind":"PodList"}',
        b'{"kind":"PodList","apiVersion":"apps/v1","items":[]}',
        b'{"kind":"ServiceList","apiVersion":"v1","items":[]}',
        b'{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","items":[]}',
        b'{"kind":"Table","apiVersion":"meta.k8s.io/v1","columnDefinitions":[],"rows":[]}',
        b'{"kind":"Status","apiVersion":"v1","status":"Success"}',
        b'{"kind":"PodList","items":5}',
        b'{"kind":"PodList","items":[{"metadata":{"na',
        b'{"kind":"PodList","metadata":{"continue":5},"items":[]}',
        b"[" * 100_000,
        b'"\xff"',
    ],
)
def test_garbage_names_the_host_and_what_was_asked_for(client: MakeClient, server: StandIn, body: bytes) -> None:
    server.answers(Reply(body))
    with pytest.raises(BadAnswer) as e:
        list(client().list(PODS, type=Object))
    assert str(e.value).startswith(f"error: {server.url} did not answer with a list of pods: ")
    assert len(str(e.value)) < 500


def test_a_refusal_comes_when_the_first_page_is_asked_for(client: MakeClient, server: StandIn) -> None:
    server.answers(status(403, "Forbidden", "pods is forbidden"))
    pages = client().list(PODS, type=Object)
    assert server.seen == []
    with pytest.raises(ApiError) as e:
        next(pages)
    assert e.value.is_forbidden


def test_garbage_collection_is_as_before(client: MakeClient, server: StandIn) -> None:
    server.answers(a_list(pod("a")), Reply(b"garbage"))
    c = client()
    list(c.list(PODS, type=Object))
    with pytest.raises(BadAnswer):
        list(c.list(PODS, type=Object))
    assert gc.isenabled()


class TestOtherKinds:
    """Issue 10, 8: a list of another kind is no answer, and never an empty one."""

    @pytest.mark.parametrize("body", [b"{}", b'{"items":[]}', b'{"kind":"","apiVersion":"v1","items":[]}'])
    def test_a_list_without_a_kind_is_told_in_kubectls_words(
        self, client: MakeClient, server: StandIn, body: bytes
    ) -> None:
        server.answers(Reply(body))
        with pytest.raises(BadAnswer) as e:
            list(client().list(PODS, type=Object))
        assert str(e.value) == f"error: Object 'Kind' is missing in '{body.decode()}'"

    def test_a_failure_with_the_status_of_a_success_is_a_failure(self, client: MakeClient, server: StandIn) -> None:
        refusal = status(403, "Forbidden", "pods is forbidden")
        server.answers(Reply(refusal.body))
        for ask in (
            lambda c: list(c.list(PODS, type=Object)),
            lambda c: c.get(PODS, "a", "shop", type=Object),
            lambda c: c.patch(PODS, "a", "shop", body={}, type=Object),
        ):
            with pytest.raises(ApiError, match=r"^Error from server \(Forbidden\): pods is forbidden$"):
                ask(client())

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            ({"kind": "Service", "apiVersion": "v1"}, "its kind is Service, not Pod"),
            ({"kind": "PodList", "apiVersion": "v1", "items": []}, "its kind is PodList, not Pod"),
            ({"kind": "Pod", "apiVersion": "b/v1"}, "its apiVersion is b/v1, not v1"),
            ({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}, "its kind is PartialObjectMetadata"),
        ],
    )
    def test_an_object_of_another_kind_is_no_answer_to_a_get_or_a_patch(
        self, client: MakeClient, server: StandIn, body: Any, why: str
    ) -> None:
        server.answers(Reply({**body, "metadata": {"name": "a"}}))
        for ask in (
            lambda c: c.get(PODS, "a", "shop", type=Object),
            lambda c: c.patch(PODS, "a", "shop", body={}, type=Object),
        ):
            with pytest.raises(BadAnswer) as e:
                ask(client())
            assert why in str(e.value)

    def test_an_object_without_a_kind_is_told_in_kubectls_words(self, client: MakeClient, server: StandIn) -> None:
        server.answers(Reply(b'{"metadata":{"name":"a"}}'))
        with pytest.raises(BadAnswer) as e:
            client().get(PODS, "a", "shop", type=Object)
        assert str(e.value) == """error: Object 'Kind' is missing in '{"metadata":{"name":"a"}}'"""

    def test_an_item_of_another_kind_is_told_and_left_out(self, client: MakeClient, server: StandIn) -> None:
        service = {"kind": "Service", "apiVersion": "v1", "metadata": {"name": "s", "namespace": "shop"}}
        for kind in ("PodList", "List"):
            server.answers(a_list(pod("a"), service, kind=kind))
            c = client()
            assert [p.name for page in c.list(PODS, type=Pod) for p in page] == ["a"]
            assert list(map(str, c.bad_objects)) == ["Pod shop/s: its kind is Service, not Pod"]

    def test_null_items_are_none(self, client: MakeClient, server: StandIn) -> None:
        server.answers(Reply({"kind": "PodList", "apiVersion": "v1", "items": None}))
        assert [p for page in client().list(PODS, type=Object) for p in page] == []
