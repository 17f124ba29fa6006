"""Each fault in the midst of a long list, in each way in which lists come: it is whole, or it is no list.

Lists of all namespaces that are longer than a page are streamed in protobuf; `--chunk-size` has them in pages, in
protobuf too. Lists of one namespace come in JSON.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_ambient.cli import app
from tests.rig.apiserver import ApiServer
from tests.rig.faults import Fault, FaultProxy
from tests.rig.kubectl import Result

from .long_lists import IN_FEW, IN_MANY, MANY, fill
from .test_faults import TIMED_OUT

ASKED = IN_MANY + IN_FEW + 4


@dataclass(frozen=True)
class Way:
    """How a long list comes: the words that have it come so, and the requests for its beginning and its end."""

    words: str
    first: str
    last: str


STREAM = Way("status -A", r"/api/v1/pods$", r"/api/v1/pods$")
PAGES = Way("status -A --chunk-size=250", r"/api/v1/pods\?limit=250$", r"/api/v1/pods\?.*continue=")
JSON = Way(f"status -n {MANY}", rf"/{MANY}/pods\?limit=500$", rf"/{MANY}/pods\?.*continue=")
WAYS = [pytest.param(STREAM, id="stream"), pytest.param(PAGES, id="pages"), pytest.param(JSON, id="json")]
IN_PAGES = WAYS[1:]


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    """One of its own: with so many objects, and one that can be stopped."""
    found = ApiServer()
    try:
        found.start()
        fill(found)
        yield found
    finally:
        found.stop()


@pytest.fixture
def proxy(server: ApiServer) -> Iterator[FaultProxy]:
    made = FaultProxy(server).start()
    yield made
    made.stop()


Run = Callable[..., Result]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, proxy: FaultProxy) -> Run:
    """The plugin in this process, with the proxy before its server."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("KUBE"):
            monkeypatch.delenv(name)
    ours = proxy.kubeconfig()

    def call(*words: str, kubeconfig: Path | None = None) -> Result:
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig or ours))
        code = app.run(["kubectl-ambient", *" ".join(words).split()])
        out, err = capsys.readouterr()
        return Result(out, err, code)

    return call


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, str]:
    """What each command told where nothing was wrong."""
    return {}


@pytest.fixture
def whole(run: Run, proxy: FaultProxy, undisturbed: dict[str, str]) -> Callable[[str], str]:
    """What a command tells where nothing is wrong, as JSON; call it before faults are ordered."""

    def of(words: str) -> str:
        if words not in undisturbed:
            told = run(words, "-o", "json")
            assert told.code == 0, told.stderr
            undisturbed[words] = told.stdout
            proxy.clear()
        return undisturbed[words]

    return of


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
    assert stream["summary"] | {"Enrolled": IN_MANY, "NotAmbient": IN_FEW + 4, "pods": ASKED} == stream["summary"]
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


def with_a_plugin(proxy: FaultProxy, folder: Path) -> tuple[Path, Path]:
    """Where its calls are noted, and a kubeconfig whose user has an exec plugin."""
    asked, program, path = folder / "asked", folder / "plugin", folder / "kubeconfig"
    credential = {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1"}
    credential |= {"status": {"token": proxy.behind.token("admin")}}
    program.write_text(f"#!/bin/sh\necho asked >>{asked}\ncat <<'EOF'\n{json.dumps(credential)}\nEOF\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    config: dict[str, Any] = yaml.safe_load(proxy.kubeconfig().read_text())
    config["users"][0]["user"] = {
        "exec": {"command": str(program), "apiVersion": credential["apiVersion"], "interactiveMode": "Never"}
    }
    path.write_text(json.dumps(config))
    return asked, path


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
