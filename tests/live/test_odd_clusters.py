"""What is in few clusters: ten thousand namespaces, pods that lack everything, the longest labels, other clocks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.bench.loader.etcd import Etcd
from tests.rig.apiserver import ApiServer
from tests.rig.faults import FaultProxy
from tests.rig.workloads import AMBIENT, namespace

from .long_lists import IN_MANY, PODS, key, pod, without_fields, write
from .long_lists_scene import Run, proxy, run

__all__ = ["proxy", "run"]


@pytest.fixture
def ten_thousand(long_lists: ApiServer) -> Iterator[list[str]]:
    """Namespaces, every second in ambient mode; a pod in each of the last two."""
    names = [f"n-{number:05}" for number in range(10_000)]
    enrolled: dict[str, Any] = {"annotations": {"ambient.istio.io/redirection": "enabled"}}
    write(long_lists, [namespace(name, AMBIENT if number % 2 else {}) for number, name in enumerate(names)])
    write(long_lists, [pod("in", names[-1], "n1", {}, **enrolled), pod("out", names[-2], "n1", {})])
    yield names
    etcd = Etcd(long_lists.storage)
    for kind in ("Namespace", "Pod"):
        etcd.delete_under(key(kind, "n-"))
    long_lists.processes.wait_for("them to be gone", lambda: len(long_lists.api.items("/api/v1/namespaces")) < 100)


def test_ten_thousand_namespaces(ten_thousand: list[str], run: Run, proxy: FaultProxy) -> None:
    names = ten_thousand
    document = json.loads(run("status -A -o json").stdout)
    states = {(i["namespace"], i["name"]): (i["state"], i["reason"]) for i in document["items"]}
    assert states[names[-1], "in"] == ("Enrolled", "NamespaceLabel")
    assert states[names[-2], "out"] == ("NotAmbient", "NotLabeled")
    assert document["summary"]["pods"] == PODS + 2
    assert proxy.count("/api/v1/namespaces.*continue=") >= 20

    table = run("status -A").stdout
    assert all(f"\n{name} " in table for name in names)
    assert f"{len(names) + 7} namespaces" in table.replace(",", "")

    labelled = json.loads(run("labels -A -o json").stdout)
    assert len([i for i in labelled["items"] if i["kind"] == "Namespace"]) >= 5_000

    proxy.clear()
    proxy.truncate("/api/v1/namespaces.*continue=", after=900)
    told = run("status -A -o json")
    document = json.loads(told.stdout)
    undecided = [item for item in document["items"] if item["reason"] != "PodLabel"]
    assert len(undecided) > IN_MANY / 2
    for item in undecided:
        assert (item["state"], "cannot list namespaces" in item["message"]) == ("Unknown", True), item


ODD = "odd"
LONGEST_KEY = f"{'.'.join(['d' * 63] * 3)}.{'e' * 61}/{'k' * 63}"
LONGEST_VALUE = "v" * 63


@pytest.fixture(scope="module")
def odd(long_lists: ApiServer) -> Iterator[str]:
    """In ambient mode: a pod that lacks everything, one with the longest labels, and a few that fill pages."""
    labels = {LONGEST_KEY: LONGEST_VALUE, **{f"{number:063}": LONGEST_VALUE for number in range(500)}, **AMBIENT}
    names = ["empty", "labelled", "plain-1", "plain-2"]
    write(
        long_lists,
        [
            namespace(ODD, {**AMBIENT, LONGEST_KEY: LONGEST_VALUE}),
            without_fields("empty", ODD),
            pod("labelled", ODD, "n1", labels, annotations={"ambient.istio.io/redirection": "enabled"}),
            *(pod(name, ODD, "n1", {}) for name in names[2:]),
        ],
    )
    yield ODD
    etcd = Etcd(long_lists.storage)
    for each in names:
        etcd.delete(key("Pod", each, ODD))
    etcd.delete(key("Namespace", ODD))


@pytest.mark.parametrize("words", ["-A --chunk-size=0", "-A --chunk-size=100", "-n odd --chunk-size=2", "-n odd"])
def test_a_pod_that_lacks_everything_and_one_with_the_longest_labels(run: Run, odd: str, words: str) -> None:
    told = run("status -o json", words)
    assert (told.code, told.stderr) == (0, "")
    found = {item["name"]: item for item in json.loads(told.stdout)["items"] if item["namespace"] == odd}
    states = {name: (item["state"], item["reason"]) for name, item in found.items()}
    assert states == {
        "empty": ("Starting", "NamespaceLabel"),
        "labelled": ("Enrolled", "PodLabel"),
        "plain-1": ("NotEnrolled", "NamespaceLabel"),
        "plain-2": ("NotEnrolled", "NamespaceLabel"),
    }
    assert "it has no node yet" in found["empty"]["message"]


@pytest.mark.parametrize("words", ["explain pod empty labelled -n odd", "labels -n odd", "labels -A --chunk-size=0"])
def test_and_other_commands_take_them(run: Run, odd: str, words: str) -> None:
    told = run(words)
    assert (told.code, told.stderr) == (0, ""), told.stderr
    assert "labelled" in told.stdout


@pytest.mark.parametrize("hours", [-5, 5])
def test_ages_are_by_the_servers_clock(
    long_lists: ApiServer, run: Run, proxy: FaultProxy, odd: str, hours: int
) -> None:
    """A pod has half a minute to come in, wherever the hands of this machine's clock are."""
    theirs = datetime.now(UTC) + timedelta(hours=hours)
    moments = {"new": theirs, "old": theirs - timedelta(minutes=2), "ours": datetime.now(UTC)}
    born = {name: {"creationTimestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}"} for name, at in moments.items()}
    write(long_lists, [pod(name, odd, "n1", {}, **when) for name, when in born.items()])
    proxy.clock_ahead = hours * 3600
    for words in ("-n odd", "-A --chunk-size=0"):
        document = json.loads(run("status -o json", words).stdout)
        states = {item["name"]: item["state"] for item in document["items"] if item["name"] in moments}
        assert states == {"new": "Starting", "old": "NotEnrolled", "ours": "NotEnrolled"}
    for each in moments:
        Etcd(long_lists.storage).delete(key("Pod", each, odd))
