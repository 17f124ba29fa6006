"""Issue 10, number 3: commands to paste run nothing that a stranger wrote, whatever is in the files that were read."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings

from tests.cli.enable_fixtures import clean_environment

from . import powershell as reader
from .bash import Bash
from .hostile import SHAPES, Manifest, meshes
from .offered import Offered, Recorder, in_document, in_text

__all__ = ["clean_environment"]

_HARMLESS = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._/=-]*|--?[a-z][a-z-]*(=[a-z0-9]+)?|[a-z0-9./-]+=|(!!map )?[{\[].*[}\]]|-A|-R"
)
_ANNOTATIONS = ("ambient.istio.io/bypass-inbound-captur", "istio.io/reroute-virtual-interfaces")

READS: tuple[tuple[str, ...], ...] = (
    ("status", "-A", "--pods"),
    ("status", "-n", "shop"),
    ("explain", "pods", "-n", "shop"),
    ("explain", "ns", "shop", "bank"),
    ("explain", "deploy", "-n", "shop"),
    ("labels", "-A"),
    ("labels", "ns/shop", "deploy/web", "-n", "shop"),
    ("waypoint", "list", "-A"),
    ("waypoint", "status", "-A", "--all"),
    ("waypoint", "explain", "svc,pod", "-n", "shop"),
    ("waypoint", "explain", "ns", "shop", "bank"),
)
# A mesh that fails is big, and to make it smaller takes minutes: what failed is told by its line.
hostile_meshes = settings(
    deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.reuse, Phase.generate)
)
FLAGS = ("--context", "it's; touch PWNED", "--as", "-jane", "--as-group", "$(touch PWNED)")


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with pytest.MonkeyPatch.context() as patch:
        yield Recorder(patch)


@pytest.fixture
def bash(tmp_path: Path) -> Bash:
    return Bash(tmp_path / "bash")


def check_in_bash(bash: Bash, found: list[Offered]) -> None:
    ran = bash.run([offered.line for offered in found])
    for offered, words in zip(found, ran, strict=True):
        # Both programs of a pipe run at once.
        assert sorted(words) == sorted(offered.words), offered.line


def check_in_powershell(found: list[Offered]) -> None:
    for offered in found:
        if not offered.line.startswith("# "):
            assert reader.commands(offered.line) == offered.words, offered.line
            assert all(reader.handed_on(word) == word for words in offered.words for word in words)


def check_words(offered: Offered, typed: tuple[str, ...]) -> None:
    """It is one line, and but for what was typed and the value of an annotation it holds nothing that is odd."""
    assert offered.line.isprintable()
    for word in (word for words in offered.words for word in words):
        harmless = _HARMLESS.fullmatch(word) or any(key in word for key in _ANNOTATIONS)
        assert harmless or word in typed or word.partition("=")[2] in typed, offered.line


def check_what_is_printed(recorder: Recorder, path: str, output: str, *reads: tuple[str, ...]) -> None:
    """Every command that stands in the output is one that was built, and stands there on one line."""
    for words in reads:
        recorder.commands.clear()
        more = (*FLAGS, "-f", path, *(("-o", output) if output else ()))
        out, err = recorder.run(*words, *more)
        found = list(in_document(out, output)) if output and out else list(in_text(out))
        found += in_text(err)
        assert set(found) - recorder.commands.keys() == set(), words
        for offered in recorder.commands.values():
            check_words(offered, (*FLAGS, path))


@settings(hostile_meshes, max_examples=10)
@given(mesh=meshes())
def test_whatever_the_files_hold(tmp_path: Path, recorder: Recorder, bash: Bash, mesh: list[Manifest]) -> None:
    path = tmp_path / "mesh.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": mesh}))
    found: dict[str, Offered] = {}
    for output in ("", "json", "yaml"):
        for words in READS:
            check_what_is_printed(recorder, str(path), output, words)
            found |= recorder.commands
    check_in_bash(bash, list(found.values()))


@settings(hostile_meshes, max_examples=4)
@given(mesh=meshes())
def test_whatever_the_files_hold_in_powershell(
    tmp_path: Path, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, mesh: list[Manifest]
) -> None:
    monkeypatch.setenv("PSModulePath", "/opt/microsoft/powershell/7/Modules")
    path = tmp_path / "mesh.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": mesh}))
    for output in ("", "json"):
        for words in READS:
            check_what_is_printed(recorder, str(path), output, words)
            check_in_powershell(list(recorder.commands.values()))


TEAM = "x; touch PWNED #"


def other_tenant(value: str, name: str = "wp") -> list[Manifest]:
    """Two tenants: the Service of one names the waypoint of the other, which lets in whom it likes."""
    routes = {"from": "Selector", "selector": {"matchLabels": {"team": value}}}
    listener = {"name": "mesh", "port": 15008, "protocol": "HBONE", "allowedRoutes": {"namespaces": routes}}
    uses = {"istio.io/use-waypoint": name, "istio.io/use-waypoint-namespace": "infra"}
    uses["istio.io/dataplane-mode"] = "ambient"
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": uses}},
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "infra"}},
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "metadata": {"name": name, "namespace": "infra", "labels": {"istio.io/waypoint-for": "all"}},
            "spec": {"gatewayClassName": "istio-waypoint", "listeners": [listener]},
            "status": {"addresses": [{"type": "IPAddress", "value": "10.0.0.9"}]},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "cart", "namespace": "shop"},
            "spec": {"clusterIP": "10.1.0.1", "clusterIPs": ["10.1.0.1"], "selector": {"app": "cart"}},
        },
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "cart-1", "namespace": "shop", "labels": {"app": "cart"}},
            "spec": {"nodeName": "n1", "containers": [{"name": "a", "image": "a"}]},
            "status": {"phase": "Running", "podIP": "10.0.0.1"},
        },
    ]


def program(path: Path, *words: str) -> str:
    """What the real program prints."""
    command = [sys.executable, "-m", "kubectl_ambient", *words, "-f", str(path), "-n", "shop"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


ASKED = (("waypoint", "explain", "svc/cart"), ("waypoint", "explain", "ns/shop"), ("explain", "pod", "cart-1"))


@pytest.mark.parametrize("words", ASKED, ids=" ".join)
def test_the_selector_of_another_tenant(tmp_path: Path, bash: Bash, words: tuple[str, ...]) -> None:
    """As it was reported: the labels that a Gateway admits, which no pattern of its CRD holds back."""
    path = tmp_path / "mesh.yaml"
    path.write_text(yaml.safe_dump_all(other_tenant(TEAM)))
    text = program(path, *words)
    lines = list(in_text(text))
    documents = [list(in_document(program(path, *words, "-o", output), output)) for output in ("json", "yaml")]
    assert lines
    assert documents[0] == documents[1] != []
    for line, ran in zip(lines + documents[0], bash.run(lines + documents[0]), strict=True):
        assert "PWNED" not in line
        assert all(call[0] in ("kubectl", "istioctl") for call in ran), line


def test_the_selector_of_a_friend(tmp_path: Path) -> None:
    path = tmp_path / "mesh.yaml"
    path.write_text(yaml.safe_dump_all(other_tenant("a")))
    assert "\n  kubectl label namespace shop team=a\n" in program(path, "waypoint", "explain", "svc/cart")


@pytest.mark.parametrize("shape", SHAPES)
def test_names_from_files(tmp_path: Path, bash: Bash, shape: str) -> None:
    """A pull request of a stranger in CI: names in files were never seen by an API server."""
    path, mesh = tmp_path / "mesh.json", renamed(other_tenant("a"), {"cart-1": shape, "cart": shape, "wp": shape})
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": mesh}))
    with pytest.MonkeyPatch.context() as patch:
        recorder = Recorder(patch)
        out, _ = recorder.run("explain", "pods", "-n", "shop", "-f", str(path), "-o", "json")
        recorder.run("waypoint", "list", "-A", "-f", str(path))
        recorder.run("waypoint", "explain", "svc", "-n", "shop", "-f", str(path))
        assert not any("PWNED" in line for line in recorder.commands)
        check_in_bash(bash, list(recorder.commands.values()))
    if out:
        assert all(
            finding["fix"] is None for finding in json.loads(out)["pod"]["findings"] if "Gateway" in str(finding)
        )


def renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: renamed(part, names) for key, part in value.items()}
    if isinstance(value, list):
        return [renamed(part, names) for part in value]
    return names.get(value, value) if isinstance(value, str) else value


def test_an_apostrophe_does_not_move_the_flags(tmp_path: Path, bash: Bash) -> None:
    """It moved `--context` into the patch, and the command went to another cluster."""
    annotations = {"ambient.istio.io/reroute-virtual-interfaces": "it's; (a)"}
    template = {"metadata": {"annotations": annotations}}
    workload = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}
    path = tmp_path / "web.json"
    path.write_text(json.dumps({**workload, "spec": {"template": template}}))
    words = ("labels", "deploy/web", "--context", "prod", "--as", "jane")
    lines = list(in_text(program(path, *words)))
    for output in ("json", "yaml"):
        assert list(in_document(program(path, *words, "-o", output), output)) == lines, "as on the screen"
    ((call,),) = bash.run(lines)
    assert call[:8] == ["kubectl", "patch", "deployment", "web", "-n", "shop", "--type", "merge"]
    fixed = {"istio.io/reroute-virtual-interfaces": "it's; (a)", "ambient.istio.io/reroute-virtual-interfaces": None}
    assert json.loads(call[9]) == {"spec": {"template": {"metadata": {"annotations": fixed}}}}
    assert call[10:] == ["--context", "prod", "--as", "jane"]
