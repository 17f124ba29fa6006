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
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_ambient.cli import app
from tests.bench.loader.etcd import Etcd
from tests.rig.apiserver import ApiServer
from tests.rig.faults import Fault, FaultProxy
from tests.rig.kubectl import Result
from tests.rig.processes import wait_for
from tests.rig.workloads import AMBIENT, namespace

from .long_lists import FEW, IN_FEW, IN_MANY, MANY, fill, key, pod, without_fields, write
from .test_faults import TIMED_OUT
from .test_watch import Watch

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
FIRST = "web-5d9f-0000"
ONE = Way(f"explain pod {FIRST} -n {FEW}", rf"/{FEW}/pods/{FIRST}$", rf"/{FEW}/pods/{FIRST}$")
IN_PAGES = [pytest.param(PAGES, id="pages"), pytest.param(JSON, id="json")]
WAYS = [pytest.param(STREAM, id="stream"), *IN_PAGES, pytest.param(ONE, id="one object")]


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
    else:
        assert (told.code, told.stdout) == (1, "")
        assert re.match("Error from server|error: |Unable to connect to the server: ", told.stderr)


# A server that stops, and comes back.


def test_a_server_that_stops_and_comes_back(
    server: ApiServer, run: Run, proxy: FaultProxy, whole: Callable[[str], str]
) -> None:
    expected = {way.words: whole(way.words) for way in (STREAM, PAGES, JSON)}
    running = Watch(server.kubeconfig, "-n", FEW, "--no-headers")
    try:
        running.row(FIRST)
        server.stop_serving()
        try:
            for words in expected:
                told = run(words, "-o json")
                assert (told.code, told.stdout) == (1, "")
                assert told.stderr.startswith(("Unable to connect to the server: ", "The connection to the server "))
        finally:
            server.serve_again()
        assert {words: run(words, "-o json").stdout for words in expected} == expected
        with opted_in(server):
            assert running.row(FIRST, "NotEnrolled")
        assert running.process.poll() is None
    finally:
        running.stop()


@contextmanager
def opted_in(server: ApiServer) -> Iterator[None]:
    """The first pod of the plain namespace asks to be in ambient mode meanwhile."""
    path = f"/api/v1/namespaces/{FEW}/pods/{FIRST}"
    server.api.patch(path, {"metadata": {"labels": AMBIENT}})
    try:
        yield
    finally:
        server.api.patch(path, {"metadata": {"labels": dict.fromkeys(AMBIENT)}})


# A watch.

OF_A_WATCH: dict[str, Fault] = {
    "429": Fault("", status=429, headers={"Retry-After": "1"}),
    "503": Fault("", status=503, headers={"Retry-After": "1"}),
    "401": Fault("", status=401),
    "410": Fault("", status=410),
    "a reset": Fault("", "reset", after=100),
}


@pytest.mark.parametrize("fault", OF_A_WATCH)
def test_a_watch_goes_on_after_it(server: ApiServer, proxy: FaultProxy, tmp_path: Path, fault: str) -> None:
    asked, path = with_a_plugin(proxy, tmp_path)
    watches = rf"/{FEW}/pods\?.*watch="
    proxy.add(replace(OF_A_WATCH[fault], pattern=watches, times=1))
    running = Watch(path, "-n", FEW, "--no-headers")
    try:
        running.row(FIRST)
        wait_for("the watch", lambda: proxy.count(watches) >= 1)
        with opted_in(server):
            assert running.row(FIRST, "NotEnrolled")
        wait_for("a second watch", lambda: proxy.count(watches) >= 2)
        assert running.row(FIRST, "NotAmbient")
        assert len(asked.read_text().splitlines()) == (2 if fault == "401" else 1)
        assert running.interrupt() == 130
        assert running.err == ""
    finally:
        running.stop()


# Objects as nobody has them.

ODD = "odd"
LONGEST_KEY = f"{'.'.join(['d' * 63] * 3)}.{'e' * 61}/{'k' * 63}"
LONGEST_VALUE = "v" * 63


@pytest.fixture(scope="module")
def odd(server: ApiServer) -> Iterator[str]:
    """In ambient mode: a pod that lacks everything, one with the longest labels, and a few that fill pages."""
    labels = {LONGEST_KEY: LONGEST_VALUE, **{f"{number:063}": LONGEST_VALUE for number in range(500)}, **AMBIENT}
    names = ["empty", "labelled", "plain-1", "plain-2"]
    write(
        server,
        [
            namespace(ODD, {**AMBIENT, LONGEST_KEY: LONGEST_VALUE}),
            without_fields("empty", ODD),
            pod("labelled", ODD, "n1", labels, annotations={"ambient.istio.io/redirection": "enabled"}),
            *(pod(name, ODD, "n1", {}) for name in names[2:]),
        ],
    )
    yield ODD
    etcd = Etcd(server.storage)
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


# A clock that is off.


@pytest.mark.parametrize("hours", [-5, 5])
def test_ages_are_by_the_servers_clock(server: ApiServer, run: Run, proxy: FaultProxy, odd: str, hours: int) -> None:
    """A pod has half a minute to come in, wherever the hands of this machine's clock are."""
    theirs = datetime.now(UTC) + timedelta(hours=hours)
    moments = {"new": theirs, "old": theirs - timedelta(minutes=2), "ours": datetime.now(UTC)}
    born = {name: {"creationTimestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}"} for name, at in moments.items()}
    write(server, [pod(name, odd, "n1", {}, **when) for name, when in born.items()])
    proxy.clock_ahead = hours * 3600
    for words in ("-n odd", "-A --chunk-size=0"):
        document = json.loads(run("status -o json", words).stdout)
        states = {item["name"]: item["state"] for item in document["items"] if item["name"] in moments}
        assert states == {"new": "Starting", "old": "NotEnrolled", "ours": "NotEnrolled"}
    for each in moments:
        Etcd(server.storage).delete(key("Pod", each, odd))


# Last, since each list of all namespaces has them from then on.


def test_ten_thousand_namespaces(server: ApiServer, run: Run, proxy: FaultProxy) -> None:
    names = [f"n-{number:05}" for number in range(10_000)]
    enrolled = {"annotations": {"ambient.istio.io/redirection": "enabled"}}
    write(server, [namespace(name, AMBIENT if number % 2 else {}) for number, name in enumerate(names)])
    write(server, [pod("in", names[-1], "n1", {}, **enrolled), pod("out", names[-2], "n1", {})])
    document = json.loads(run("status -A -o json").stdout)
    states = {(i["namespace"], i["name"]): (i["state"], i["reason"]) for i in document["items"]}
    assert states[names[-1], "in"] == ("Enrolled", "NamespaceLabel")
    assert states[names[-2], "out"] == ("NotAmbient", "NotLabeled")
    assert document["summary"]["pods"] == ASKED + 2
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
