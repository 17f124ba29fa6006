"""Kubernetes' protobuf: taken apart as it arrives, and seen as the types that JSON is decoded into."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_ambient.cluster.kinds import network as network_wire
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.kinds.labels import LABELS
from kubectl_ambient.cluster.kinds.nodes import WHOLE_NODES
from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME, Pod
from kubectl_ambient.cluster.kinds.table import KINDS
from kubectl_ambient.cluster.reading.taking import keys_and_facts
from kubectl_ambient.cluster.wire_pods import Probe, ProbeHandler
from kubectl_ambient.kube.accept import METADATA
from kubectl_ambient.kube.protobuf.envelope import BadEnvelope, ListStream
from kubectl_ambient.kube.protobuf.fields import fields_of, is_known
from kubectl_ambient.kube.protobuf.views import ERRORS, held_type, is_struct, viewer
from tests.kube.proto_text import block, encoded, enveloped, varint

ITEMS = [b"first", b"", b"a longer one" * 40]
BODY = enveloped("PodList", ITEMS, version="42", token="next")


def chunks(body: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(body), size):
        yield body[at : at + size]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1 << 16])
def test_chunks_of_any_size_give_the_same_list(size: int) -> None:
    stream = ListStream(chunks(BODY, size))
    assert list(stream.items()) == ITEMS
    assert (stream.kind, stream.resource_version, stream.continue_) == ("PodList", "42", "next")


def test_a_list_that_ends_too_early_is_told_wherever_it_ends() -> None:
    # After the items come two empty fields; without them nothing is missing.
    complete = (len(BODY) - 4, len(BODY) - 2)
    for kept in range(len(BODY)):
        stream = ListStream(chunks(BODY[:kept], 16))
        if kept in complete:
            assert list(stream.items()) == ITEMS
        else:
            with pytest.raises(BadEnvelope):
                list(stream.items())


def test_fields_of_later_versions_are_left_out() -> None:
    unread = (
        varint(9 << 3)
        + varint(7)
        + block(15, b"text")
        + varint(10 << 3 | 5)
        + b"1234"
        + varint(11 << 3 | 1)
        + b"12345678"
    )
    inner = unread + block(2, b"item") + unread
    body = b"k8s\0" + unread + block(1, block(2, b"PodList")) + unread + block(2, inner) + unread
    assert list(ListStream([body]).items()) == [b"item"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"k8s\0" + varint(2 << 3 | 3),
        b"k8s\0" + b"\xff" * 20,
        b"k8s\0" + varint(2 << 3 | 2) + varint(4) + block(2, b"longer than the list"),
        b"k8s\0" + varint(2 << 3 | 2) + varint(1 << 62),
        b"k8s\0" + block(1, b"\x0a\xff"),
        b"k8s\0" + block(1, block(2, b"Status")),
    ],
    ids=["nothing", "JSON", "a group", "endless number", "item over the end", "huge length", "broken type", "no list"],
)
def test_garbage_is_no_list(body: bytes) -> None:
    with pytest.raises(BadEnvelope):
        list(ListStream([body]).items())


a_text = st.text(max_size=8)
AGENTS = st.sampled_from(["ztunnel", "istio-cni-node"])
a_time = st.datetimes().map(lambda t: f"{t.replace(microsecond=0).isoformat()}+00:00")


def held(of: type[msgspec.Struct], message: str) -> st.SearchStrategy[dict[str, Any]]:
    """JSON of what a wire type reads of a message, some of it left out."""
    known = fields_of(message)
    parts: dict[str, st.SearchStrategy[Any]] = {}
    required: dict[str, st.SearchStrategy[Any]] = {}
    for field in msgspec.structs.fields(of):
        numbered = known.get(field.encode_name)
        if numbered is None:
            continue
        inner = held_type(field.type)
        match numbered.holds:
            case "text":
                one: st.SearchStrategy[Any] = a_text
            case "bool":
                one = st.booleans()
            case "int":
                one = st.integers(-(2**31), 2**31 - 1)
            case "IntOrString":
                one = st.integers(-(2**31), 2**31 - 1) | a_text
            case "Time":
                one = a_time
            case "map":
                keys = (
                    [f.encode_name for f in msgspec.structs.fields(inner)]
                    if is_struct(inner)
                    else ["a", "istio.io/rev", "app", "k8s-app", GATEWAY_NAME]
                )
                one = st.dictionaries(st.sampled_from(keys), a_text | AGENTS, max_size=3)
            case nested:
                one = held(inner, nested)
        (required if field.required else parts)[field.encode_name] = (
            st.lists(one, max_size=2) if numbered.repeated else one
        )
    return st.fixed_dictionaries(required, optional=parts)


def message_of(kind: Kind[Any]) -> str:
    """The message that a server sends where the kind is read."""
    return METADATA if kind.partial else kind.kind


IN_PROTOBUF = [kind for kind in (*KINDS, WHOLE_NODES, *LABELS.values()) if is_known(message_of(kind))]


def name_of(kind: Kind[Any]) -> str:
    return f"{kind.kind} to {kind.part}"


def followed(kind: Kind[Any], found: Any) -> tuple[bool, list[tuple[str, Any]]]:
    """What reading makes of an object: whether it is one of those, and its facts by their keys."""
    metadata = found.metadata
    return kind.chooses(metadata.labels or {}, metadata.name or ""), keys_and_facts(kind, found)


@pytest.mark.parametrize("kind", IN_PROTOBUF, ids=name_of)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_both_encodings_give_one_fact(kind: Kind[Any], data: st.DataObject) -> None:
    message = message_of(kind)
    of: type[msgspec.Struct] = kind.wire
    written = data.draw(held(of, message))
    from_json = followed(kind, msgspec.json.decode(msgspec.json.encode(written), type=of))
    assert followed(kind, viewer(of, message)(encoded(message, written))) == from_json


def test_what_there_may_be_many_of_comes_in_protobuf() -> None:
    wanted = {"Pod", "Node", "Service", "Event", "ReplicationController", "NetworkPolicy", "EndpointSlice"}
    wanted |= {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"}
    assert {kind.kind for kind in IN_PROTOBUF if not kind.partial} == wanted
    assert {kind.part for kind in IN_PROTOBUF if kind.partial} == {"namespaces", "nodes", "labelled", "other_policies"}


@pytest.mark.parametrize("port", [None, 0, 80, -1, "http", "80", ""])
def test_a_number_or_a_text_stays_what_it_is(port: int | str | None) -> None:
    view = viewer(network_wire.NetworkPolicyPort, "NetworkPolicyPort")
    found = view(encoded("NetworkPolicyPort", {"port": port})).port
    assert (found, type(found)) == (port, type(port))


def fields_without_number(of: type[msgspec.Struct], message: str) -> Iterator[str]:
    """The fields that a wire type would read, and that the message is not known to have."""
    known = fields_of(message)
    for field in msgspec.structs.fields(of):
        numbered, inner = known.get(field.encode_name), held_type(field.type)
        if numbered is None and field.name != "kind":  # no item of a list tells its kind in protobuf
            yield f"{of.__module__}.{of.__name__}.{field.name}"
        elif numbered is not None and is_struct(inner) and numbered.holds != "map":
            yield from fields_without_number(inner, numbered.holds)


def numbered_fields(of: type[msgspec.Struct], message: str) -> Iterator[str]:
    known = fields_of(message)
    for field in msgspec.structs.fields(of):
        numbered, inner = known.get(field.encode_name), held_type(field.type)
        if numbered is not None:
            yield f"{of.__module__}.{of.__name__}.{field.name}"
            if is_struct(inner) and numbered.holds != "map":
                yield from numbered_fields(inner, numbered.holds)


def test_every_field_that_is_read_has_its_number() -> None:
    """Else it would be read of JSON alone, and taken for absent in a large cluster. Kinds differ in what they have."""
    kinds = {(kind.wire, message_of(kind)) for kind in IN_PROTOBUF}
    numbered = {name for kind in kinds for name in numbered_fields(*kind)}
    inlined = {f"{Probe.__module__}.Probe.{field}" for field in ProbeHandler.__struct_fields__}
    assert {name for kind in kinds for name in fields_without_number(*kind)} - numbered == inlined


@pytest.mark.parametrize("action", ["httpGet", "tcpSocket", "grpc"])
def test_the_handler_of_a_probe_stands_within_it_in_protobuf_and_in_its_place_in_json(action: str) -> None:
    asked = {action: {"port": 80}}
    assert viewer(Probe, "Probe")(encoded("Probe", {"handler": asked})).port() == 80
    assert msgspec.convert(asked, Probe).port() == msgspec.convert({"handler": asked}, Probe).port() == 80
    assert msgspec.convert({"exec": {"command": ["true"]}}, Probe).port() is None


@pytest.mark.parametrize("message", ["Pod", "Node", "Service", "Deployment", "Event", "NetworkPolicy", "EndpointSlice"])
def test_every_message_within_is_known(message: str) -> None:
    seen, todo = set(), [message]
    while todo:
        seen.add(name := todo.pop())
        todo += {f.holds for f in fields_of(name).values()} - {"text", "bool", "int", "map"} - seen
    assert all(map(is_known, seen))


@given(st.binary(max_size=200))
def test_broken_bytes_are_an_error_that_is_foreseen(body: bytes) -> None:
    with contextlib.suppress(*ERRORS):
        viewer(Pod, "Pod")(body).fact()


def _pod(*conditions: tuple[str, str], owner: str = "web-5d9", named_first: bool = True) -> bytes:
    """A pod as Kubernetes writes it, its fields in the order of their numbers."""
    reference = block(1, b"ReplicaSet") + block(3, owner.encode()) + block(5, b"apps/v1")
    metadata = block(1, b"web-1") + block(3, b"shop") + block(13, reference)
    told = [(block(1, kind.encode()), block(2, status.encode())) for kind, status in conditions]
    listed = [kind + status if named_first else status + kind for kind, status in told]
    return block(1, metadata) + block(3, b"".join(block(2, one) for one in listed))


@pytest.mark.parametrize("named_first", [True, False])
@pytest.mark.parametrize(
    ("conditions", "ready"),
    [
        ([("Initialized", "True"), ("Ready", "True")], True),
        ([("Ready", "False"), ("Ready", "True")], False),
        ([("ReadyForTraffic", "True"), ("Ready", "False")], False),
        ([("ContainersReady", "True")], False),
        ([], False),
    ],
)
def test_the_first_condition_of_the_name_counts(
    conditions: list[tuple[str, str]], ready: bool, named_first: bool
) -> None:
    assert viewer(Pod, "Pod")(_pod(*conditions, named_first=named_first)).fact().ready is ready


def test_what_has_the_same_bytes_is_made_once_and_nothing_else() -> None:
    view = viewer(Pod, "Pod")
    names = [f"web-{number}" for number in range(600)]  # more than are kept
    facts = [view(_pod(owner=name)).fact() for name in names for _ in range(2)]
    assert [fact.owner.name for fact in facts] == [name for name in names for _ in range(2)]
    assert all(one.owner is other.owner for one, other in zip(facts[::2], facts[1::2], strict=True))


@pytest.mark.parametrize(
    ("args", "role"), [(["proxy", "router"], "router"), (["proxy", "sidecar"], None), (["serve"], None), ([], None)]
)
def test_what_asks_for_a_text_is_asked_where_it_is(args: list[str], role: str | None) -> None:
    containers = [{"name": "app", "args": ["serve"]}, {"name": "other", "args": args}]
    body = encoded("Pod", {"metadata": {"name": "a"}, "spec": {"containers": containers}})
    found = viewer(Pod, "Pod")(body).fact()
    assert (found.proxy and found.proxy.role) == role
