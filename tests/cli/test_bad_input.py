"""Bad input: one clear sentence on stderr, the right exit code, no traceback, and nothing changed.

What needs a real server (an unknown namespace or pod) stands in `tests/live`.
"""

from __future__ import annotations

import json
import shlex
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_ambient import __version__
from kubectl_ambient.cli.version import RULES
from tests.kube.standin import Reply, StandIn, slowly, status

from .enable_fixtures import Result, Run

SNAPSHOTS = Path(__file__).resolve().parents[1] / "golden" / "snapshots"

# One that lists, one that gets, one that asks for more, and one that would change something.
COMMANDS = ("status", "status -A -o json", "explain pod web", "explain ns shop", "version", "enable ns shop")
every_command = pytest.mark.parametrize("words", COMMANDS)
WriteKubeconfig = Callable[..., str]


@pytest.fixture
def kubeconfig(tmp_path: Path) -> WriteKubeconfig:
    """Writes a kubeconfig with one context, and gives its path."""

    def write(server: str, **user: Any) -> str:
        path = tmp_path / "a-kubeconfig"
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "dev",
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "dev", "context": {"cluster": "c", "user": "u"}}],
        }
        path.write_text(yaml.safe_dump(content))
        return str(path)

    return write


@pytest.fixture
def server() -> Iterator[StandIn]:
    standin = StandIn()
    yield standin
    standin.stop()


def no_one_listens() -> str:
    """The address of a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def refused(found: Result, *sentences: str, code: int = 1, out: str = "") -> None:
    """Exactly these lines on stderr, nothing on stdout."""
    assert found.err.splitlines() == list(sentences)
    assert (found.code, found.out) == (code, out)


def own_version(words: str) -> str:
    """What `version` prints where no server answers, as kubectl's does; the other commands print nothing."""
    return f"Client Version: v{__version__}\nRules Known: {RULES}\n" if words == "version" else ""


# Kubeconfigs and connections.


@every_command
def test_no_kubeconfig(ambient: Run, tmp_path: Path, words: str) -> None:
    refused(
        ambient(*words.split()),
        "The connection to the server localhost:8080 was refused - did you specify the right host or port?",
        f"no kubeconfig was found at {tmp_path}/home/.kube/config: name one with --kubeconfig",
        out=own_version(words),
    )


@every_command
def test_a_kubeconfig_that_is_not_there(ambient: Run, words: str) -> None:
    refused(ambient(*words.split(), "--kubeconfig=nope"), "error: stat nope: no such file or directory")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("a: [", "yaml: line 2: did not find expected node content"),
        ("just words", "a kubeconfig is a mapping with clusters, users and contexts"),
        ("clusters: 5", "clusters"),
        ("\x00\x01", ""),
    ],
)
@pytest.mark.parametrize("words", ["status", "enable ns shop"])
def test_a_broken_kubeconfig(ambient: Run, tmp_path: Path, words: str, content: str, why: str) -> None:
    (tmp_path / "broken").write_text(content)
    found = ambient(*words.split(), "--kubeconfig=broken")
    assert (found.code, found.out) == (1, "")
    (sentence,) = found.err.splitlines()
    assert sentence.startswith('error: error loading config file "broken": ')
    assert why in sentence


@every_command
def test_an_unknown_context(ambient: Run, kubeconfig: WriteKubeconfig, words: str) -> None:
    path = kubeconfig("http://127.0.0.1:1")
    found = ambient(*words.split(), "--context=deb", "--kubeconfig", path)
    refused(found, 'error: context "deb" does not exist', 'did you mean "dev"?')


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("false", "executable false failed with exit code 1"),
        ("no-such-login", "executable no-such-login not found"),
        ("true", "executable true printed no ExecCredential"),
    ],
)
@pytest.mark.parametrize("words", ["status", "explain pod web", "enable ns shop"])
def test_an_exec_plugin_that_fails(
    ambient: Run, kubeconfig: WriteKubeconfig, words: str, command: str, why: str
) -> None:
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": command, "interactiveMode": "Never"}
    found = ambient(*words.split(), "--kubeconfig", kubeconfig("https://127.0.0.1:1", exec=plugin))
    assert (found.code, found.out) == (1, "")
    assert found.err.startswith("Unable to connect to the server: getting credentials: ")
    assert why in found.err


@every_command
def test_a_server_that_refuses(ambient: Run, kubeconfig: WriteKubeconfig, words: str) -> None:
    at = no_one_listens()
    refused(
        ambient(*words.split(), "--kubeconfig", kubeconfig(f"https://{at}")),
        f"The connection to the server {at} was refused - did you specify the right host or port?",
        out=own_version(words),
    )


@every_command
def test_a_server_that_does_not_exist(
    ambient: Run, kubeconfig: WriteKubeconfig, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)  # the machine's own resolver may take its time
    found = ambient(*words.split(), "--kubeconfig", kubeconfig("https://no-such-host.invalid"))
    sentence = "Unable to connect to the server: dial tcp: lookup no-such-host.invalid: no such host"
    refused(found, sentence, out=own_version(words))


@pytest.mark.parametrize("words", ["status", "enable ns shop"])
def test_a_server_that_never_answers(ambient: Run, kubeconfig: WriteKubeconfig, words: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        found = ambient(*words.split(), "--request-timeout=1s", "--kubeconfig", kubeconfig(address))
    refused(
        found,
        "Unable to connect to the server: context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
    )


@pytest.mark.parametrize("words", ["status", "enable ns shop"])
def test_a_server_that_trickles_for_ever(
    ambient: Run, kubeconfig: WriteKubeconfig, server: StandIn, words: str
) -> None:
    server.answers(lambda _: Reply(chunks=slowly(b" " * 10_000, 0.05)))
    found = ambient(*words.split(), "--request-timeout=1s", "--kubeconfig", kubeconfig(server.url))
    assert (found.code, found.out, len(found.err.splitlines())) == (1, "", 1)
    assert "context deadline exceeded" in found.err


@every_command
def test_an_expired_token(ambient: Run, kubeconfig: WriteKubeconfig, server: StandIn, words: str) -> None:
    server.answers(status(401, "Unauthorized", "Unauthorized"))
    found = ambient(*words.split(), "--kubeconfig", kubeconfig(server.url, token="old"))
    assert found.err.splitlines()[0] == "error: You must be logged in to the server (Unauthorized)"
    assert (found.code, found.out) == (1, own_version(words))
    assert len(found.err.splitlines()) <= 2  # with a hint
    assert {seen.method for seen in server.seen} == {"GET"}


@every_command
def test_a_server_that_is_none_of_kubernetes(
    ambient: Run, kubeconfig: WriteKubeconfig, server: StandIn, words: str
) -> None:
    server.answers(Reply(b"<html>welcome</html>", content_type="text/html"))
    found = ambient(*words.split(), "--kubeconfig", kubeconfig(server.url))
    assert (found.code, found.out) == (1, own_version(words))
    assert {seen.method for seen in server.seen} == {"GET"}
    assert "Traceback" not in found.err


# Wrong usage, found before anything is read: there is no server here to ask.


OF_ALL_NODES = "error: --nodes tells of all nodes: it goes with no names, no selector, --pods or --watch"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("explain widget web", "error: the server doesn't have a resource type \"widget\""),
        ("explain widget/web", "error: the server doesn't have a resource type \"widget\""),
        ("enable widget web", "error: the server doesn't have a resource type \"widget\""),
        (
            "explain svc web",
            "error: services hold no pods: explain takes pods, namespaces and workloads; which waypoint serves it "
            "tells “kubectl ambient waypoint explain service web”",
        ),
        (
            "enable ns shop --dry-run",
            "error: --dry-run flag without a value was specified. A value must be set: "
            '"none", "server", or "client".',
        ),
        ("explain pod", "error: resource(s) were provided, but no name was specified"),
        (
            "status svc/web",
            'error: status takes pods, not "svc": for others there is “kubectl ambient explain svc/web”',
        ),
        ("status web -l app=web", "error: name cannot be provided when a selector is specified"),
        ("explain pod web -l app=web", "error: name cannot be provided when a selector is specified"),
        ("status web -A", "error: a resource cannot be retrieved by name across all namespaces"),
        ("status -l a=b=c", "error: found '=', expected: ',' or 'end of string'"),
        ("explain pods -l a==,b(", None),
        ("enable pods -l a=b=c", None),
        ("status --field-selector phase", "error: invalid selector: 'phase'; can't understand 'phase'"),
        ("status ''", "error: resource name may not be empty"),
        ("status pod/", "error: arguments in resource/name form must have a single resource and name"),
        ("status -w --fail-on any", "error: --fail-on needs an end: it cannot go with --watch"),
        ("status --timestamps", "error: --timestamps goes with the rows of --watch"),
        ("status -w --timestamps -o json", "error: --timestamps goes with the rows of --watch"),
        ("status --nodes web-1", OF_ALL_NODES),
        ("status --nodes -l app=web", OF_ALL_NODES),
        ("status --nodes -w", OF_ALL_NODES),
        ("status --nodes --pods", OF_ALL_NODES),
        (
            "status -o table",
            'error: unable to match a printer suitable for the output format "table", '
            "allowed formats are: json, name, wide, yaml",
        ),
        ("explain pod web -o go-template", None),
        ("version -o name", None),
        ("enable ns shop -o wide", None),
        (
            "status --fail-on rain",
            'error: invalid --fail-on "rain": one of drift, pending, conflict, unknown, error, any',
        ),
        ("status -w -f x.yaml", "error: --watch needs a cluster: files do not change by themselves"),
        ("status --request-timeout=soon", None),
    ],
)  # fmt: skip
def test_wrong_usage(ambient: Run, words: str, sentence: str | None) -> None:
    found = ambient(*shlex.split(words))
    assert (found.code, found.out) == (2, "")
    (told,) = found.err.splitlines()
    assert told.startswith("error: ")
    assert sentence in (None, told)


@pytest.mark.parametrize("words", ["status --colour", "steam", "status --chunk-size=many", "explain"])
def test_wrong_usage_that_the_parser_finds(ambient: Run, words: str) -> None:
    found = ambient(*words.split())
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith("Usage: ")
    assert len(found.err.splitlines()) == 4


# Manifests.

GOOD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\n"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("a: [", "not YAML: did not find expected node content (line 2)"),
        ("{\x07", "not YAML"),
        ("", "empty: no object in it"),
        ("just words\n", "a text, where a Kubernetes object is wanted"),
        ("- 1\n", "a list, where a Kubernetes object is wanted"),
        ("kind: Pod\nmetadata: {name: web}\n", "apiVersion is not set"),
        ("&a [*a]\n", None),
    ],
)
@pytest.mark.parametrize("words", ["status", "explain pod web", "enable --local"])
def test_a_manifest_of_which_nothing_can_be_used(
    ambient: Run, tmp_path: Path, words: str, content: str, why: str | None
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(content)
    found = ambient(*words.split(), "-f", "bad.yaml")
    assert (found.code, found.out) == (1, "")
    (told,) = found.err.splitlines()
    assert told.startswith("error: bad.yaml: ")
    assert why is None or why in told
    assert path.read_text() == content


@pytest.mark.parametrize(
    "words",
    [
        "status",
        "explain pod web",
        "enable --local",
    ],
)
def test_a_manifest_with_nothing_but_remarks(ambient: Run, tmp_path: Path, words: str) -> None:
    (tmp_path / "remarks.yaml").write_text("# only a remark\n---\n")
    refused(ambient(*words.split(), "-f", "remarks.yaml"), "error: remarks.yaml: empty: no object in it")


@pytest.mark.parametrize("words", ["status", "explain pod web", "enable --local"])
def test_a_manifest_that_is_not_there(ambient: Run, words: str) -> None:
    refused(ambient(*words.split(), "-f", "nope.yaml"), 'error: the path "nope.yaml" does not exist')


def test_a_field_that_manifests_cannot_be_selected_by(ambient: Run, tmp_path: Path) -> None:
    """Which fields a server knows, the server tells."""
    (tmp_path / "good.yaml").write_text(GOOD)
    found = ambient("status", "--field-selector=spec.colour=red", "-f", "good.yaml")
    refused(found, "error: field label not supported: spec.colour", code=2)


def test_a_folder_without_manifests(ambient: Run, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    found = ambient("status", "-f", "folder")
    refused(found, "error: error reading [folder]: recognized file extensions are [.json .yaml .yml]")


BAD = """
- 1
---
just words
---
colour: red
---
apiVersion: v1
kind: Pod
metadata: {name: 7}
"""


def test_the_good_objects_are_still_used(ambient: Run, tmp_path: Path) -> None:
    (tmp_path / "mixed.yaml").write_text(f"{GOOD}---{BAD}")
    found = ambient("status", "-n", "shop", "-f", "mixed.yaml", "-o", "json")
    assert found.code == 1
    assert [item["name"] for item in json.loads(found.out)["items"]] == ["web"]
    assert found.err.splitlines() == [
        "error: mixed.yaml: document 2: a list, where a Kubernetes object is wanted",
        "error: mixed.yaml: document 3: a text, where a Kubernetes object is wanted",
        "error: mixed.yaml: document 4: no Kubernetes object: kind is not set",
        "error: mixed.yaml: document 5: Pod: metadata.name: expected a string, got a whole number 7 (put it in quotes)",
    ]


def test_a_broken_file_beside_a_good_one(ambient: Run, tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text("a: [")
    found = ambient("explain", "pod", "web", "-n", "shop", "-f", ".", "-o", "name")
    assert (found.code, found.out) == (1, "pod/web\n")
    (told,) = found.err.splitlines()
    assert "bad.yaml: not YAML" in told


@pytest.mark.parametrize("code", [3, 1])
def test_what_fail_on_names_comes_before_a_bad_object(ambient: Run, tmp_path: Path, code: int) -> None:
    mode = "Ambient" if code == 3 else "none"
    metadata = {"name": "web", "namespace": "shop", "labels": {"istio.io/dataplane-mode": mode}}
    pod = yaml.safe_dump({"apiVersion": "v1", "kind": "Pod", "metadata": metadata})
    (tmp_path / "mixed.yaml").write_text(f"{pod}---{BAD}")
    assert ambient("status", "-A", "-f", "mixed.yaml", "--fail-on=any").code == code


def test_names_that_are_not_in_the_files(ambient: Run, tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    found = ambient("status", "nope", "web", "-n", "shop", "-f", "good.yaml", "-o", "name")
    assert (found.code, found.out, found.err) == (1, "pod/web\n", 'Error (NotFound): pods "nope" not found\n')


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("explain pod nope", 'Error (NotFound): pods "nope" not found'),
        ("explain ns nope", 'Error (NotFound): namespaces "nope" not found'),
        ("status nope", 'Error (NotFound): pods "nope" not found'),
    ],
)
def test_one_name_that_is_not_in_the_files(ambient: Run, tmp_path: Path, words: str, sentence: str) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    refused(ambient(*words.split(), "-n", "shop", "-f", "good.yaml"), sentence)


# A selector that Istio itself would refuse.


def test_selectors_that_istio_refuses(ambient: Run) -> None:
    """The cluster answers, and so does the plugin: what hangs on the selectors is unknown, and it is said why."""
    files = ("-f", str(SNAPSHOTS / "mesh.yaml"), "-f", str(SNAPSHOTS / "refused.yaml"))
    found = ambient("status", "-n", "shop", *files, "-o", "json")
    items = json.loads(found.out)["items"]
    assert {(item["expected"], item["state"], item["reason"]) for item in items} == {
        ("unknown", "Unknown", "SelectorInvalid")
    }
    why = 'Istio refuses the enablement selectors (podSelector: "Equals" is not a valid label selector operator)'
    assert all(why in item["message"] for item in items)
    assert (found.code, found.err) == (0, "")
    assert ambient("status", "-n", "shop", *files, "--fail-on=unknown").code == 3
    told = " ".join(ambient("explain", "pod", "till", "-n", "shop", *files).out.split())
    assert why in told
    assert "kubectl edit configmap istio-cni-config -n istio-system correct AMBIENT_ENABLEMENT_SELECTOR" in told
