"""What a server, a kubeconfig or a file's name says makes no lines, and reaches no terminal as it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_ambient.cli.completion.answer import complete
from tests.golden.foreign import FORGED, MARKER
from tests.golden.test_foreign import is_seen, is_tame
from tests.kube.standin import Reply, status

from .enable_fixtures import ObjectsApi, Run, ambient, api, clean_environment, on_api

__all__ = ["ambient", "api", "clean_environment", "on_api"]

WRITTEN = rf"\n{FORGED}\r\n{FORGED}"


def refused(message: str, causes: int = 0) -> Reply:
    found = [{"reason": "FieldValueInvalid", "field": f"f{n}{MARKER}", "message": f"m{MARKER}"} for n in range(causes)]
    details = {"name": "shop", "kind": "Namespace", "causes": found}
    body = {"kind": "Status", "status": "Failure", "message": message, "details": details}
    return Reply({**body, "reason": "Invalid" if causes else "Forbidden", "code": 422}, status=422)


@pytest.fixture
def shop(api: ObjectsApi) -> ObjectsApi:
    """A namespace, and objects in it that a server may hold under any name."""
    api.add("/api/v1/namespaces/shop")
    for kind in ("pods", "services"):
        api.add(f"/api/v1/namespaces/shop/{kind}/web", {"a": f"b{MARKER}"}, spec={}, status={})
        api.objects[f"/api/v1/namespaces/shop/{kind}/web"]["metadata"]["name"] = f"web{MARKER}"
    return api


@pytest.mark.parametrize("causes", [0, 1, 2])
@pytest.mark.parametrize("command", ["enable ns shop", "disable ns shop", "waypoint enable ns shop --force"])
def test_a_refusal(on_api: Run, shop: ObjectsApi, command: str, causes: int) -> None:
    if command.startswith("disable"):
        shop.objects["/api/v1/namespaces/shop"]["metadata"]["labels"] = {"istio.io/dataplane-mode": "ambient"}
    shop.before_patch = lambda path, patch: refused(f"denied{MARKER}", causes)
    told = on_api(*command.split())
    assert told.code == 1
    assert WRITTEN in told.err
    is_tame(told.out)
    is_tame(told.err)
    ours = [line for line in told.err.splitlines() if line.startswith("* ")]
    assert len(ours) == (causes if causes > 1 else 0), "kubectl's list of several causes is ours to lay out"


def test_an_invalid_answer_to_a_read(on_api: Run, shop: ObjectsApi) -> None:
    shop.before_get = lambda path: refused("", 2)
    told = on_api("enable", "ns", "shop")
    assert told.code == 1
    is_tame(told.err)
    assert [line[:4] for line in told.err.splitlines()[1:3]] == ["* f0", "* f1"]


@pytest.mark.parametrize(
    "command",
    ["status", "status -A --pods", "labels -A", "waypoint status --all", "waypoint list", "explain ns shop", "version"],
)
@pytest.mark.parametrize("words", ["a body", "a Status", "a warning", "the objects"])
def test_what_a_server_says(on_api: Run, shop: ObjectsApi, command: str, words: str) -> None:
    answers = {
        "a body": lambda: Reply(f"<html>{MARKER}".encode(), status=500, content_type="text/plain"),
        "a Status": lambda: status(403, "Forbidden", f"pods is forbidden{MARKER}"),
        "a warning": lambda: None,
        "the objects": lambda: None,
    }
    shop.before_get = lambda path: answers[words]()
    told = on_api(*command.split())
    assert told.code in (0, 1)
    is_tame(told.out)
    is_tame(told.err)
    if words.startswith("a ") and words != "a warning":
        assert WRITTEN in told.err or command == "version"


def test_a_warning(on_api: Run, shop: ObjectsApi) -> None:
    evil = f"old{FORGED}\x1b[31m\\n‮"

    def warn(path: str, patch: Any) -> Reply:
        found = shop.objects[path]
        return Reply(found, warnings=(f'299 - "{evil}"'.encode().decode("latin-1"),))

    shop.before_patch = warn
    told = on_api("enable", "ns", "shop")
    assert "Warning: old" in told.err
    is_tame(told.err)


@pytest.mark.parametrize("command", ["status", "labels", "enable --local", "waypoint enable --local"])
@pytest.mark.parametrize("text", [None, "a: [", "apiVersion: v1\nkind: Pod\n"])
def test_the_name_of_a_file(ambient: Run, tmp_path: Path, command: str, text: str | None) -> None:
    name = f"a\n{FORGED}\x1b[31m\u202e\udc80.yaml"
    if text is not None:
        Path(name).write_text(text)
    told = ambient(*command.split(), "-f", name)
    assert told.code == 1
    is_tame(told.err)
    assert rf"a\n{FORGED}\x1b[31m\u202e\udc80.yaml" in told.err


def kubeconfig(path: Path, **fields: Any) -> Path:
    name = f"prod\n{FORGED}\x1b[2J\u202e"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": name, "user": {}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        **fields,
    }
    path.write_text(yaml.safe_dump(config))
    return path


@pytest.mark.parametrize("section", ["contexts", "clusters", "users", "current-context"])
def test_names_in_a_kubeconfig(ambient: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, section: str) -> None:
    missing: Any = f"no{MARKER}" if section == "current-context" else []
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "config", **{section: missing})))
    for words in (["status"], ["enable", "ns", "a"], ["status", "--context", "prod"], ["status", "--user", "prod"]):
        told = ambient(*words)
        assert told.code == 1
        is_tame(told.err)


def test_an_install_hint_keeps_its_lines_and_they_are_set_off(
    ambient: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin", "interactiveMode": "Never"}
    user = {"exec": {**spec, "installHint": f"Install it:\n\n  brew install x{MARKER}\n"}}
    users = [{"name": f"prod\n{FORGED}\x1b[2J\u202e", "user": user}]
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "config", users=users)))
    told = ambient("status")
    is_tame(told.err)
    assert "\nInstall it:\n  \n  brew install x" in told.err


@pytest.mark.parametrize("evil", ["\n", "\x1b", "\u202e", "\u3164", "\ufe01", "\U000e0041", "\U000e0100", "\t"])
def test_no_candidate_is_what_nobody_sees(tmp_path: Path, evil: str) -> None:
    contexts = [{"name": name, "context": {}} for name in (f"prod{evil}x", "prod-1")]
    path = kubeconfig(tmp_path / "config", contexts=contexts)
    assert list(complete(["status", "--kubeconfig", str(path), "--context", "pr"]).candidates) == ["prod-1"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
@pytest.mark.parametrize("command", ["status -A --pods", "explain ns shop", "labels -A"])
def test_on_a_real_terminal(tmp_path: Path, command: str) -> None:
    """The program, in colours: those of a stranger's are none."""
    import pty

    name = "x\x1b[31m\n✖ gone"
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop", "labels": {}}}
    labels = {"istio.io/dataplane-mode": "ambient\x1b[32m\n‼"}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}}
    (tmp_path / "a.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [namespace, pod]}))
    master, slave = pty.openpty()
    clean = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm", "COLUMNS": "80"}
    words = [sys.executable, "-m", "kubectl_ambient", *command.split(), "-f", "a.json"]
    here = str(Path(__file__).parents[2])
    done = subprocess.run(
        words, stdout=slave, stderr=subprocess.PIPE, env=clean | {"PYTHONPATH": here}, cwd=tmp_path, timeout=60
    )
    os.close(slave)
    out = b""
    while chunk := _read(master):
        out += chunk
    os.close(master)
    assert done.returncode in (0, 1), done.stderr
    text = out.decode().replace("\r\n", "\n")
    assert "\x1b[" in text, "a terminal gets our colours"
    assert "\x1b[31m\n" not in text
    assert "\x1b[32m\n" not in text
    assert r"\x1b[3" in text
    assert not any(line.startswith(("✖ gone", "‼\n")) for line in text.splitlines())


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so where all has been read
        return b""


@pytest.mark.parametrize("output", ["json", "yaml"])
def test_objects_of_the_server_are_exact(on_api: Run, shop: ObjectsApi, output: str) -> None:
    labels = shop.objects["/api/v1/namespaces/shop"]["metadata"]["labels"]
    labels["note"] = f"v{MARKER}"
    told = on_api("enable", "ns", "shop", "-o", output)
    assert is_seen(told.out.replace("\n", ""))
    load = json.loads if output == "json" else yaml.safe_load
    assert load(told.out)["metadata"]["labels"]["note"] == f"v{MARKER}"
