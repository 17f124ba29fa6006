"""Kubernetes' protobuf: taken apart as it arrives, and seen as the types that JSON is decoded into."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from operator import methodcaller
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_ambient.cluster import network_wire, wire
from kubectl_ambient.cluster.l7 import wire as l7
from kubectl_ambient.cluster.labelled import wire as labelled
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
a_time = st.datetimes(allow_imaginary=False).map(lambda t: f"{t.replace(microsecond=0).isoformat()}+00:00")


def held(of: type[msgspec.Struct], message: str) -> st.SearchStrategy[dict[str, Any]]:
    """JSON of what a wire type reads of a message, some of it left out."""
    known = fields_of(message)
    parts: dict[str, st.SearchStrategy[Any]] = {}
    required = {}
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
                    else ["a", "istio.io/rev", "app"]
                )
                one = st.dictionaries(st.sampled_from(keys), a_text, max_size=3)
            case nested:
                one = held(inner, nested)
        (required if field.required else parts)[field.encode_name] = (
            st.lists(one, max_size=2) if numbered.repeated else one
        )
    return st.fixed_dictionaries(required, optional=parts)


FACT = methodcaller("fact")
KINDS: list[tuple[str, type[msgspec.Struct], Callable[[Any], Any]]] = [
    ("Pod", wire.Pod, FACT),
    ("PartialObjectMetadata", wire.Namespace, FACT),
    ("PartialObjectMetadata", wire.Node, FACT),
    ("Service", l7.Service, FACT),
    ("Event", wire.Event, FACT),
    ("ReplicationController", wire.ReplicationController, FACT),
    ("DaemonSet", wire.Workload, methodcaller("daemonset")),
    ("Deployment", wire.Workload, methodcaller("istiod")),
    ("NetworkPolicy", network_wire.NetworkPolicy, FACT),
    ("EndpointSlice", network_wire.EndpointSlice, FACT),
]
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob")
KINDS += [(kind, wire.Workload, methodcaller("fact", kind)) for kind in WORKLOADS]


@pytest.mark.parametrize(("message", "of", "fact"), KINDS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_both_encodings_give_one_fact(
    message: str, of: type[msgspec.Struct], fact: Callable[[Any], Any], data: st.DataObject
) -> None:
    written = data.draw(held(of, message))
    from_json = fact(msgspec.json.decode(msgspec.json.encode(written), type=of))
    assert fact(viewer(of, message)(encoded(message, written))) == from_json


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
    kinds = [(of, message) for message, of, _ in KINDS]
    kinds += [(labelled.Workload, message) for message in WORKLOADS] + [(labelled.Plain, "PartialObjectMetadata")]
    numbered = {name for kind in kinds for name in numbered_fields(*kind)}
    assert {name for kind in kinds for name in fields_without_number(*kind)} - numbered == set()


@pytest.mark.parametrize("message", ["Pod", "Service", "Deployment", "Event", "NetworkPolicy", "EndpointSlice"])
def test_every_message_within_is_known(message: str) -> None:
    seen, todo = set(), [message]
    while todo:
        seen.add(name := todo.pop())
        todo += {f.holds for f in fields_of(name).values()} - {"text", "bool", "int", "map"} - seen
    assert all(map(is_known, seen))


@given(st.binary(max_size=200))
def test_broken_bytes_are_an_error_that_is_foreseen(body: bytes) -> None:
    with contextlib.suppress(*ERRORS):
        viewer(wire.Pod, "Pod")(body).fact()
