"""Each fault in the midst of a long list, in each way in which lists come: it is whole, or it is no list.

Lists of all namespaces that are longer than a page are streamed in protobuf; `--chunk-size` has them in pages, in
protobuf too. Lists of one namespace come in JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.rig.faults import Fault, FaultProxy

from .long_lists import IN_FEW, IN_MANY, MANY, PODS
from .long_lists_scene import (
    IN_PAGES,
    JSON,
    PAGES,
    STREAM,
    WAYS,
    Run,
    Way,
    proxy,
    run,
    undisturbed,
    whole,
    with_a_plugin,
)
from .test_faults import TIMED_OUT

__all__ = ["proxy", "run", "undisturbed", "whole"]


def test_the_ways_are_those(run: Run, proxy: FaultProxy, whole: Callable[[str], str]) -> None:
    """And what comes by them is the same."""
    sums = {}
    for way in (STREAM, PAGES, JSON):
        whole(way.words)
        sums[way.words] = json.loads(run(way.words, "-o json").stdout)
        assert proxy.count(way.first) == 1
        assert way is STREAM or proxy.count(way.last) >= 1
        proxy.clear()
    stream, pages, of_one = sums.values()
    assert stream == pages
    assert stream["summary"] | {"Enrolled": IN_MANY, "NotAmbient": IN_FEW + 4, "pods": PODS} == stream["summary"]
    assert of_one["items"] == [item for item in stream["items"] if item["namespace"] == MANY]


# What passes: the result is that of the undisturbed cluster, to the letter.

RETRY = {"Retry-After": "0"}
PASSING: dict[str, Callable[[str], Fault]] = {
    "429": lambda path: Fault(path, status=429, times=2, headers=RETRY),
    "429 after a second": lambda path: Fault(path, status=429, times=1, headers={"Retry-After": "1"}),
    "503": lambda path: Fault(path, status=503, times=2, headers=RETRY),
    "a reset before the body": lambda path: Fault(path, "reset", times=1, after=0),
    "a reset in the body": lambda path: Fault(path, "reset", times=1, after=900),
    "a trickle": lambda path: Fault(path, "trickle", times=1, after=900, delay=0.0005),
}


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("way", WAYS)
def test_what_passes_changes_nothing(
    run: Run, proxy: FaultProxy, whole: Callable[[str], str], way: Way, fault: str
) -> None:
    expected = whole(way.words)
    ordered = proxy.add(PASSING[fault](way.last))
    told = run(way.words, "-o json")
    assert (told.code, told.stdout) == (0, expected), told.stderr
    assert ordered.times == 0


@pytest.mark.parametrize("times", [1, None])
@pytest.mark.parametrize("way", IN_PAGES)
def test_a_moment_that_is_forgotten_begins_the_list_anew(
    run: Run, proxy: FaultProxy, whole: Callable[[str], str], way: Way, times: int | None
) -> None:
    expected = whole(way.words)
    proxy.expire(r"/pods", times=times)
    assert run(way.words, "-o json").stdout == expected


# What stays: there is no verdict, and one sentence says why.

BROKEN = "(error|Unable to connect to the server): "
LASTING: dict[str, tuple[Callable[[str], Fault], str]] = {
    "429": (lambda path: Fault(path, status=429, headers=RETRY), r"Error from server \(TooManyRequests\): "),
    "503": (lambda path: Fault(path, status=503, headers=RETRY), r"Error from server \(ServiceUnavailable\): "),
    "503 once, without a word of later": (
        lambda path: Fault(path, status=503, times=1),
        r"Error from server \(ServiceUnavailable\): ",
    ),
    "403": (lambda path: Fault(path, status=403, message="not you"), r"Error from server \(Forbidden\): not you$"),
    "401": (lambda path: Fault(path, status=401), r"error: You must be logged in to the server"),
    "a reset before the body": (lambda path: Fault(path, "reset", after=0), "Unable to connect to the server: "),
    "a reset in the body": (lambda path: Fault(path, "reset", after=900), "Unable to connect to the server: "),
    "garbage": (lambda path: Fault(path, "garbage", after=0), "error: "),
    "garbage in the body": (lambda path: Fault(path, "garbage", after=900), BROKEN),
    "an early end": (lambda path: Fault(path, "truncate", after=0), "error: "),
    "an early end in the body": (
        lambda path: Fault(path, "truncate", after=900),
        BROKEN,
    ),
}


@pytest.mark.parametrize("fault", LASTING)
@pytest.mark.parametrize("way", WAYS)
def test_what_stays_is_told_instead_of_a_verdict(run: Run, proxy: FaultProxy, way: Way, fault: str) -> None:
    order, sentence = LASTING[fault]
    proxy.add(order(way.last))
    told = run(way.words, "-o json")
    assert (told.code, told.stdout) == (1, "")
    said, *hints = told.stderr.splitlines()
    assert re.match(sentence, said), told.stderr
    assert len(hints) <= 1, told.stderr


@pytest.mark.parametrize("way", WAYS)
def test_a_trickle_ends_with_the_time_of_a_request(run: Run, proxy: FaultProxy, way: Way) -> None:
    proxy.trickle(way.last, after=300, delay=1)
    told = run(way.words, "--request-timeout=2s")
    assert (told.code, told.stdout, told.stderr) == (1, "", TIMED_OUT)


@pytest.mark.parametrize("way", WAYS)
def test_a_token_that_expires_half_way(
    run: Run, proxy: FaultProxy, whole: Callable[[str], str], tmp_path: Path, way: Way
) -> None:
    """The plugin that gave it is asked again, and the list goes on."""
    asked, path = with_a_plugin(proxy, tmp_path)
    expected = whole(way.words)
    proxy.fail(way.last, 401, times=1)
    told = run(way.words, "-o json", kubeconfig=path)
    assert (told.code, told.stdout) == (0, expected), told.stderr
    assert asked.read_text() == "asked\n" * 2


# A list beside the pods.

BESIDE = {
    "stream": ("status -A --chunk-size=0", r"/v1/deployments$"),
    "pages": ("status -A --chunk-size=50", r"/v1/deployments\?.*continue="),
    "json": (f"status -n {MANY} --chunk-size=50", rf"/{MANY}/deployments\?.*continue="),
}
ANSWERED = ("403", "503", "garbage", "garbage in the body", "an early end", "an early end in the body")


@pytest.mark.parametrize("fault", ANSWERED)
@pytest.mark.parametrize("way", BESIDE)
def test_what_one_list_beside_the_pods_did_not_tell_is_named(
    run: Run, proxy: FaultProxy, whole: Callable[[str], str], way: str, fault: str
) -> None:
    words, path = BESIDE[way]
    states = {name(item): item["state"] for item in json.loads(whole(words))["items"]}
    proxy.add(LASTING[fault][0](path))
    told = run(words, "-o json")
    assert told.code == 0, told.stderr
    document = json.loads(told.stdout)
    assert {name(item): item["state"] for item in document["items"]} == states
    assert any("deployment" in line for line in document["assumptions"]), document["assumptions"]


def name(item: dict[str, Any]) -> str:
    return f"{item.get('namespace')}/{item['name']}"


@pytest.mark.parametrize("way", BESIDE)
def test_a_connection_that_always_breaks_off_ends_it(run: Run, proxy: FaultProxy, way: str) -> None:
    words, path = BESIDE[way]
    proxy.add(LASTING["a reset in the body"][0](path))
    told = run(words, "-o json")
    assert (told.code, told.stdout) == (1, "")
    assert told.stderr.startswith("Unable to connect to the server: ")


SEVERAL = ["an early end in the body", "a reset in the body, always"]
OTHERS = [
    pytest.param("labels -A --chunk-size=0", r"/api/v1/pods$", "pods", id="labels, stream"),
    pytest.param("labels -A --chunk-size=250", r"/api/v1/pods\?.*continue=", "pods", id="labels, pages"),
    pytest.param("waypoint status -A --chunk-size=0", r"/api/v1/services$", "services", id="waypoints, stream"),
    pytest.param("waypoint status -A --chunk-size=50", r"/services\?.*continue=", "services", id="waypoints, pages"),
]


@pytest.mark.parametrize("fault", ["429", "a reset in the body", "403", "garbage in the body", *SEVERAL])
@pytest.mark.parametrize(("words", "path", "what"), OTHERS)
def test_and_so_do_other_commands(
    run: Run, proxy: FaultProxy, whole: Callable[[str], str], words: str, path: str, what: str, fault: str
) -> None:
    """What they tell is whole, or names what it lacks, or is an error."""
    expected = whole(words)
    passes = fault in PASSING
    ordered = proxy.add(PASSING[fault](path) if passes else LASTING[fault.removesuffix(", always")][0](path))
    told = run(words, "-o json")
    if passes:
        assert (told.code, told.stdout, ordered.times) == (0, expected, 0), told.stderr
        return
    assert proxy.count(path) >= 1
    if told.code == 0:
        assert told.stderr.startswith(f"cannot list {what}: ")
        assert any(text.startswith(f"cannot list {what}: ") for text in json.loads(told.stdout)["assumptions"])
    else:
        assert (told.code, told.stdout) == (1, "")
        assert re.match("Error from server|error: |Unable to connect to the server: ", told.stderr)
