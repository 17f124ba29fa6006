"""Lists of whole clusters: in one answer or in pages, in protobuf or JSON, and what goes wrong in the middle."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from operator import attrgetter, methodcaller

import pytest

from kubectl_ambient.cluster.kinds.pods import Pod
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import ApiError, BadAnswer, ConnectionFailed
from kubectl_ambient.kube.resources import Resource, find_resource

from .conftest import MakeClient
from .proto_text import block, encoded, enveloped
from .standin import Reply, Seen, StandIn, a_list, status

PODS, NAMESPACES, GATEWAYS = map(find_resource, ("pods", "namespaces", "gateways"))
BINARY = "application/vnd.kubernetes.protobuf"
FACT = methodcaller("fact")
MORE = a_list({"metadata": {"name": "first"}}, more="t")  # so that there are more than fit into a page
GONE = status(410, "Expired", "The provided continue parameter is too old")


def item(name: str) -> bytes:
    return encoded("Pod", {"metadata": {"name": name, "namespace": "shop"}})


def in_protobuf(*names: str, token: str = "", kind: str = "PodList") -> bytes:
    return enveloped(kind, [item(name) for name in names], token=token)


def binary(body: bytes, **how: object) -> Reply:
    return Reply(body, content_type=BINARY, **how)  # type: ignore[arg-type]


def names(client: Client, resource: Resource = PODS, **how: object) -> list[str]:
    """The names that are there at the end, as a reader that begins anew has them."""
    found: list[str] = []
    for page in client.facts(resource, type=Pod, fact=FACT, on_restart=found.clear, **how):  # type: ignore[arg-type]
        found += map(attrgetter("name"), page)
    return found


@pytest.fixture
def of_version(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """The server of Kubernetes 1.`minor`, which is near and answers lists so."""
    monkeypatch.setattr("kubectl_ambient.kube.link.now", lambda: 0.0)

    def of(minor: str, *replies: Reply | Callable[[Seen], Reply]) -> None:
        version = Reply({"major": "1", "minor": minor, "gitVersion": f"v1.{minor}.0"})
        server.answers(MORE, version, *replies)

    return of


VERSION = Reply({"major": "1", "minor": "36", "gitVersion": "v1.36.0"})

OfVersion = Callable[..., None]


@pytest.mark.parametrize("minor", ["33", "36", "33+"])
def test_a_server_that_streams_is_asked_once(
    client: MakeClient, server: StandIn, of_version: OfVersion, minor: str
) -> None:
    of_version(minor, binary(in_protobuf("a", "b")))
    assert names(client()) == ["a", "b"]
    assert [s.path for s in server.seen] == ["/api/v1/pods", "/version", "/api/v1/pods"]
    assert server.seen[2].query == {}
    assert server.seen[2].headers["Accept"] == f"{BINARY},application/json"


def test_a_long_first_page_that_is_not_the_last_is_not_read_to_its_end(
    client: MakeClient, server: StandIn, of_version: OfVersion
) -> None:
    page = json.dumps(MORE.body, separators=(",", ":")).encode().replace(b'"first"', b'"%s"' % (b"x" * (1 << 20)))
    over = threading.Event()

    def slow() -> Iterator[bytes]:
        yield page[: 1 << 17]
        over.wait(30)  # were it waited for, the test would end with an error

    server.answers(Reply(b"", chunks=slow(), fault="drop"), VERSION, binary(in_protobuf("a")))
    assert names(client()) == ["a"]
    over.set()
    assert [s.path for s in server.seen] == ["/api/v1/pods", "/version", "/api/v1/pods"]


def test_a_first_page_that_breaks_off_is_asked_for_anew_once(client: MakeClient, server: StandIn) -> None:
    broken = Reply(b"", chunks=[b'{"kind":"PodList","items":['], fault="drop")
    server.answers(broken, a_list({"metadata": {"name": "a"}}), broken, broken)
    assert names(client()) == ["a"]
    with pytest.raises(ConnectionFailed):
        names(client())
    assert len(server.seen) == 4


@pytest.mark.parametrize(
    ("seconds", "encoding"),
    [
        ([0.001, 0.05], "identity"),
        ([0.05, 0.05, 0.05, 0.05], "gzip"),
        ([0.05, 0.001], "identity"),
        ([0.05, 0.05, 0.001], "identity"),
        ([0.05, 0.05, 0.05, 0.001], "identity"),
    ],
)
def test_a_long_way_is_worth_compressing_and_a_busy_server_is_not_far(
    client: MakeClient,
    server: StandIn,
    of_version: OfVersion,
    monkeypatch: pytest.MonkeyPatch,
    seconds: list[float],
    encoding: str,
) -> None:
    moments = iter([moment for took in [*seconds, 0.05] for moment in (100.0, 100.0 + took)])
    of_version("36", *[VERSION] * (len(seconds) - 2), binary(in_protobuf("a")))
    monkeypatch.setattr("kubectl_ambient.kube.link.now", lambda: next(moments))
    assert names(client()) == ["a"]
    assert server.seen[-1].headers["Accept-Encoding"] == encoding


@pytest.mark.parametrize("minor", ["32", "22+", "", "x"])
def test_an_older_one_builds_no_more_than_a_page(
    client: MakeClient, server: StandIn, of_version: OfVersion, minor: str
) -> None:
    of_version(minor, binary(in_protobuf("a", token="t1")), binary(in_protobuf("b")))
    assert names(client()) == ["a", "b"]
    assert [s.query for s in server.seen[2:]] == [{"limit": "500"}, {"limit": "500", "continue": "t1"}]


def test_few_objects_of_all_namespaces_are_asked_for_once(client: MakeClient, server: StandIn) -> None:
    server.answers(a_list({"metadata": {"name": "a"}}, {"metadata": {"name": 5}}))
    one = client()
    assert names(one) == ["a"]
    assert [(s.path, s.query, s.headers["Accept"]) for s in server.seen] == [
        ("/api/v1/pods", {"limit": "500"}, "application/json")
    ]
    assert len(one.bad_objects) == 1


def test_one_that_does_not_tell_its_version_is_asked_for_pages(client: MakeClient, server: StandIn) -> None:
    server.answers(MORE, status(403, "Forbidden"), binary(in_protobuf("a")))
    assert names(client()) == ["a"]
    assert server.seen[2].query == {"limit": "500"}


def test_the_version_is_asked_for_once(client: MakeClient, server: StandIn, of_version: OfVersion) -> None:
    of_version("36", binary(in_protobuf("a")), MORE, binary(in_protobuf("a")))
    one = client()
    assert names(one) == names(one) == ["a"]
    assert [s.path for s in server.seen] == ["/api/v1/pods", "/version", *["/api/v1/pods"] * 3]


def test_chunks_that_are_asked_for_are_pages(client: MakeClient, server: StandIn) -> None:
    server.answers(binary(in_protobuf("a", token="t1")), binary(in_protobuf("b")))
    assert names(client(), chunk_size=1) == ["a", "b"]
    assert [s.query for s in server.seen] == [{"limit": "1"}, {"limit": "1", "continue": "t1"}]
    server.answers(binary(in_protobuf("a")))
    assert names(client(), chunk_size=0) == ["a"]
    assert [(s.path, s.query) for s in server.seen] == [("/api/v1/pods", {})]


@pytest.mark.parametrize("how", [{"namespace": "shop"}, {"label_selector": "a=b"}, {"field_selector": "a=b"}])
def test_few_objects_come_in_json(client: MakeClient, server: StandIn, how: dict[str, str]) -> None:
    server.answers(a_list({"metadata": {"name": "a"}}))
    assert names(client(), **how) == ["a"]
    assert server.seen[0].headers["Accept"] == "application/json"


def test_custom_resources_come_in_json(client: MakeClient, server: StandIn) -> None:
    gateways = {"kind": "GatewayList", "apiVersion": GATEWAYS.api_version, "metadata": {}, "items": []}
    server.answers(Reply(gateways))
    assert names(client(), GATEWAYS) == []
    assert server.seen[0].headers["Accept"] == "application/json"


def test_so_does_what_is_in_no_namespace(client: MakeClient, server: StandIn) -> None:
    """There are never so many of it that it were worth loading protobuf."""
    server.answers(Reply({"kind": "NamespaceList", "apiVersion": "v1", "metadata": {}, "items": []}))
    assert names(client(), NAMESPACES) == []
    assert server.seen[0].headers["Accept"] == "application/json"


def test_a_server_that_has_only_json_is_understood(client: MakeClient, server: StandIn, of_version: OfVersion) -> None:
    of_version("36", a_list({"metadata": {"name": "a"}}))
    assert names(client()) == ["a"]


def test_metadata_alone(client: MakeClient, server: StandIn, of_version: OfVersion) -> None:
    body = encoded("PartialObjectMetadata", {"metadata": {"name": "web"}})
    of_version("36", binary(_with_version("PartialObjectMetadataList", [body], "meta.k8s.io/v1")))
    assert names(client(), metadata_only=True) == ["web"]
    assert server.seen[2].headers["Accept"].startswith(f"{BINARY};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,")


def _with_version(kind: str, items: list[bytes], version: str) -> bytes:
    inner = block(1, block(2, b"7")) + b"".join(block(2, found) for found in items)
    return b"k8s\0" + block(1, block(1, version.encode()) + block(2, kind.encode())) + block(2, inner)


def pieces(body: bytes, size: int = 7) -> Iterator[bytes]:
    for at in range(0, len(body), size):
        yield body[at : at + size]


@pytest.mark.parametrize("fault", ["drop", "reset"])
def test_a_list_that_breaks_off_is_begun_anew_once(
    client: MakeClient, server: StandIn, of_version: OfVersion, fault: str
) -> None:
    half = list(pieces(in_protobuf("a", "gone"), 60))[:-1]
    of_version("36", binary(b"", chunks=half, fault=fault), binary(in_protobuf("a", "b")))
    assert names(client()) == ["a", "b"]
    assert len(server.seen) == 4


def test_a_list_that_breaks_off_again_is_an_error(client: MakeClient, server: StandIn, of_version: OfVersion) -> None:
    half = list(pieces(in_protobuf("a", "b"), 60))[:-1]
    of_version("36", *(binary(b"", chunks=half, fault="drop") for _ in range(2)))
    with pytest.raises(ConnectionFailed):
        names(client())
    assert len(server.seen) == 4


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (in_protobuf("a", "b")[:-30], "it ends in the middle"),
        (in_protobuf("a", kind="ServiceList"), "its kind is ServiceList, not PodList"),
        (in_protobuf("a", kind="Pod"), "its kind is Pod, not PodList"),
        (b"k8s\0", "it ends before the list"),
        (b"k8s\0garbage", "wire type"),
        (b"<html>", "JSON is malformed"),
        (b"", "truncated"),
    ],
)
@pytest.mark.parametrize("chunk_size", [None, 3], ids=["streamed", "pages"])
def test_garbage_is_never_a_shorter_list(
    client: MakeClient, server: StandIn, of_version: OfVersion, body: bytes, why: str, chunk_size: int | None
) -> None:
    if chunk_size is None:
        of_version("36", binary(body))
    else:
        server.answers(binary(body))
    with pytest.raises(BadAnswer, match=why):
        names(client(), chunk_size=chunk_size)


@pytest.mark.parametrize("chunk_size", [None, 3], ids=["streamed", "pages"])
def test_a_bad_object_hides_no_good_ones(
    client: MakeClient, server: StandIn, of_version: OfVersion, chunk_size: int | None
) -> None:
    items = [item("a"), b"\xff\xff\xff", block(1, block(1, b"\xff\xfe")), item("b")]
    body = binary(enveloped("PodList", items))
    if chunk_size is None:
        of_version("36", body)
    else:
        server.answers(body)
    one = client()
    assert names(one, chunk_size=chunk_size) == ["a", "b"]
    assert [str(bad) for bad in one.bad_objects][:1] == ["Pod (without a readable name): its protobuf cannot be read"]


def test_a_list_that_is_asked_to_wait_for_comes_later(
    client: MakeClient, server: StandIn, of_version: OfVersion, pauses: list[float]
) -> None:
    later = status(429, "TooManyRequests", "later")
    later.headers["Retry-After"] = "2"
    of_version("36", later, binary(in_protobuf("a")))
    assert names(client()) == ["a"]
    assert pauses == [2.0]


def test_a_page_that_is_forgotten_begins_the_list_anew(client: MakeClient, server: StandIn) -> None:
    server.answers(binary(in_protobuf("old", token="t1")), GONE, binary(in_protobuf("a", "b")))
    assert names(client(), chunk_size=1) == ["a", "b"]


def test_a_refusal_in_protobuf_is_told_as_one_in_json(
    client: MakeClient, server: StandIn, of_version: OfVersion
) -> None:
    details = {"kind": "pods", "name": ""}
    told = {
        "status": "Failure",
        "reason": "Forbidden",
        "message": "pods is forbidden: no",
        "code": 403,
        "details": details,
    }
    body = b"k8s\0" + block(1, block(2, b"Status")) + block(2, encoded("Status", told))
    of_version("36", binary(body, status=403))
    with pytest.raises(ApiError) as refused:
        names(client())
    assert str(refused.value) == "Error from server (Forbidden): pods is forbidden: no"
    assert refused.value.is_forbidden
