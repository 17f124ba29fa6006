"""A cluster gives one answer, however it is read: in pages of any size, at once, in JSON or protobuf, in any order."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cluster import manifests_of as m
from tests.fuzz.budget import fuzzed
from tests.fuzz.clusters import clusters
from tests.fuzz.program import Ran, ambient
from tests.fuzz.server import PLAIN, ClusterServer, Way
from tests.fuzz.words import Fields

COMMANDS = ("status", "labels", "waypoint status", "waypoint list", "explain")

WAYS = {
    "pages of one in JSON": (replace(PLAIN, page=1, protobuf=False), ()),
    "pages of two in protobuf": (replace(PLAIN, page=2), ()),
    "pages that are forgotten": (replace(PLAIN, page=1, forgets=True), ()),
    "at once in protobuf, by the byte": (replace(PLAIN, minor=33, page=1, chunk=1), ()),
    "at once in protobuf": (replace(PLAIN, minor=36, page=2, chunk=1000), ()),
    "at once in JSON": (replace(PLAIN, minor=34, page=2, protobuf=False), ()),
    "--chunk-size=0": (PLAIN, ("--chunk-size=0",)),
    "--chunk-size=1": (PLAIN, ("--chunk-size=1",)),
    "--chunk-size=2 of a server that forgets": (replace(PLAIN, forgets=True), ("--chunk-size=2",)),
    "--chunk-size=3": (PLAIN, ("--chunk-size=3",)),
}


def asked(command: str, objects: list[Fields]) -> list[str]:
    """The words of a command about all that is there; `explain` takes one pod."""
    if command != "explain":
        return [*command.split(), "-A", "-o", "json"]
    metadata = next(found["metadata"] for found in objects if found["kind"] == "Pod")
    return ["explain", "pod", metadata["name"], "-n", metadata["namespace"], "-o", "json"]


def answers(server: ClusterServer, objects: list[Fields], way: Way, words: list[str]) -> Ran:
    """What the program says of the cluster."""
    server.serves(objects, way)
    return ambient(*words)


@pytest.mark.parametrize("command", COMMANDS)
@fuzzed()
@given(objects=clusters(), name=st.sampled_from(sorted(WAYS)))
def test_one_answer_however_it_is_read(server: ClusterServer, command: str, objects: list[Fields], name: str) -> None:
    words = asked(command, objects)
    plain = answers(server, objects, PLAIN, words)
    assert plain.code == 0, plain
    assert plain.out
    way, more = WAYS[name]
    found = answers(server, objects, way, [*words, *more])
    found.agrees_with(plain)


@pytest.mark.parametrize("command", COMMANDS)
@fuzzed()
@given(objects=clusters(), order=st.randoms(use_true_random=False))
def test_the_order_of_objects_does_not_matter(
    server: ClusterServer, command: str, objects: list[Fields], order: random.Random
) -> None:
    words = asked(command, objects)
    plain = answers(server, objects, PLAIN, words)
    found = answers(server, order.sample(objects, len(objects)), PLAIN, words)
    found.agrees_with(plain)


@pytest.mark.parametrize("more", [(), ("--chunk-size=1",)])
def test_istiod_is_not_lost_where_a_list_begins_anew(server: ClusterServer, more: tuple[str, ...]) -> None:
    objects = [
        m.namespace("shop", {"istio.io/use-waypoint": "wp"}),
        m.pod("web", "shop"),
        m.workload("Deployment", "istiod", "istio-system", labels={"app": "istiod"}),
        m.workload("Deployment", "web"),
    ]
    words = ["status", "-A", "-o", "json", *more]
    plain = answers(server, objects, PLAIN, words)
    assert "nothing on Deployment/istio-system/istiod names it" in plain.out
    answers(server, objects, replace(PLAIN, page=1, forgets=True), words).agrees_with(plain)
