"""The same of what `enable`, `disable` and their waypoint twins tell of a cluster: notes, refusals and undo lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml
from hypothesis import given, settings

from kubectl_ambient.kube.resources import find_resource
from tests.cli.enable_fixtures import clean_environment
from tests.kube.standin import Reply, Seen, StandIn

from .bash import Bash
from .hostile import Manifest, meshes
from .offered import Offered, Recorder, in_text
from .test_hostile_files import check_in_bash, check_in_powershell, check_words, hostile_meshes

__all__ = ["clean_environment"]

OBJECTS = ("ns", "pod", "deploy", "job", "rs", "cronjob")
CHANGES: tuple[tuple[str, ...], ...] = (
    *(("enable", kind, "--all", "--overwrite") for kind in OBJECTS),
    *(("disable", kind, "--all") for kind in OBJECTS),
    ("disable", "deploy", "--all", "--overwrite", "--opt-out"),
    ("enable", "ns", "shop", "bank"),
    ("disable", "pod", "web", "reboot"),
    *(("waypoint", "enable", kind, "--all", "--waypoint", "wp") for kind in ("ns", "svc", "pod")),
    ("waypoint", "enable", "ns", "--all", "--waypoint", "gone", "--waypoint-namespace", "bank", "--force"),
    ("waypoint", "enable", "svc", "--all", "--overwrite", "--force"),
    *(("waypoint", "disable", kind, "--all") for kind in ("ns", "svc", "pod", "workloadentry")),
    ("waypoint", "disable", "svc", "--all", "--opt-out"),
)
WAYS = ((), ("--dry-run=server",), ("--dry-run=client", "-o", "json"))


class Cluster:
    """Answers lists, reads and patches as a server would that has never looked at a name."""

    def __init__(self, standin: StandIn) -> None:
        self.items: list[Manifest] = []
        standin.answers(self._answer)

    def _answer(self, seen: Seen) -> Reply:
        if seen.path == "/apis":
            return Reply({"kind": "APIGroupList", "groups": []})
        parts = [unquote(part) for part in seen.path.strip("/").split("/")]
        parts = parts[2:] if parts[0] == "api" else parts[3:]
        namespace = parts[1] if parts[0] == "namespaces" and len(parts) > 2 else None
        plural, *name = parts[2:] if namespace is not None else parts
        try:
            kind = find_resource(plural).kind
        except Exception:
            kind = ""
        found = [item for item in self.items if item["kind"] == kind and _is_in(item, namespace)]
        if not name:
            return Reply({"kind": "List", "metadata": {"resourceVersion": "9"}, "items": found})
        for item in found:
            if item["metadata"]["name"] == "/".join(name):
                return Reply(_merged(item, json.loads(seen.body)) if seen.method == "PATCH" else item)
        return Reply({"kind": "Status", "reason": "NotFound", "message": "not found", "code": 404}, status=404)


def _is_in(item: Manifest, namespace: str | None) -> bool:
    return namespace is None or item["metadata"].get("namespace") == namespace


def _merged(fields: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    merged = {**(fields if isinstance(fields, dict) else {})}
    for key, value in patch.items():
        merged[key] = _merged(merged.get(key), value)
    return {key: value for key, value in merged.items() if value is not None}


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    standin = StandIn()
    config = {
        "current-context": "it's; touch PWNED",
        "clusters": [{"name": "c", "cluster": {"server": standin.url}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "it's; touch PWNED", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}],
    }
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(path))
    yield Cluster(standin)
    standin.stop()


def changes(
    cluster: Cluster, recorder: Recorder, mesh: list[Manifest], ways: tuple[tuple[str, ...], ...]
) -> list[Offered]:
    """All that was offered; each undo line is one that was built, and stands on one line."""
    cluster.items = [
        {**item, "metadata": {"resourceVersion": "1", "uid": str(n), **item["metadata"]}} for n, item in enumerate(mesh)
    ]
    found: dict[str, Offered] = {}
    flags = ("--context", "it's; touch PWNED", "--request-timeout", "20s")
    for words in CHANGES:
        for way in ways:
            recorder.commands.clear()
            out, err = recorder.run(*words, *way, *flags)
            assert set(in_text(out + err)) - recorder.commands.keys() == set(), words
            for line in recorder.commands:
                assert line in out + err, (line, "is told on one line")
            for offered in recorder.commands.values():
                check_words(offered, flags)
            found |= recorder.commands
    return list(found.values())


@settings(hostile_meshes, max_examples=5)
@given(mesh=meshes())
def test_whatever_the_cluster_holds(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mesh: list[Manifest]
) -> None:
    with monkeypatch.context() as patch:
        found = changes(cluster, Recorder(patch), mesh, WAYS)
    check_in_bash(Bash(tmp_path / "bash"), found)


@settings(hostile_meshes, max_examples=2)
@given(mesh=meshes())
def test_whatever_the_cluster_holds_in_powershell(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, mesh: list[Manifest]
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("PSModulePath", "/opt/microsoft/powershell/7/Modules")
        check_in_powershell(changes(cluster, Recorder(patch), mesh, WAYS[:1]))


def test_one_bad_name_spoils_no_other_way_back(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.items = [
        {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": name, "resourceVersion": "1"}}
        for name in ("shop", "x; touch PWNED #", "bank")
    ]
    with monkeypatch.context() as patch:
        _, err = Recorder(patch).run("enable", "ns", "--all")
    undo = [line for line in err.splitlines() if line.startswith("undo: ")]
    assert undo == [
        "undo: kubectl ambient disable ns shop && kubectl ambient disable ns bank",
        "undo: (no command is offered: “x; touch PWNED #” is no valid name of a namespace)",
    ]
