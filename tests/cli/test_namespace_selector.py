"""`--namespace-selector`: of all namespaces those with these labels, in every command that lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cluster import manifests_of as m
from tests.kube.standin import status

from .enable_fixtures import Run
from .objects_api import ObjectsApi

COMMANDS = ("status", "status --pods", "waypoint status --all", "waypoint list", "labels")


def gateway(home: str) -> m.Manifest:
    listeners = [{"name": "mesh", "port": 15008, "protocol": "HBONE"}]
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "wp", "namespace": home, "labels": {"istio.io/waypoint-for": "all"}},
        "spec": {"gatewayClassName": "istio-waypoint", "listeners": listeners},
    }


@pytest.fixture
def files(tmp_path: Path) -> str:
    """Two namespaces of team a, one of team b, and a pod whose namespace is not there."""
    homes = {"shop": "a", "bank": "b", "empty": "a"}
    namespaces = [m.namespace(name, labels={"team": team}) for name, team in homes.items()]
    objects = [
        *namespaces,
        *(
            m.pod("web-1", namespace=home, labels={"istio.io/dataplane-mode": "none"})
            for home in ("shop", "bank", "far")
        ),
        *map(gateway, ("shop", "bank", "far")),
    ]
    path = tmp_path / "objects.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    return str(path)


@pytest.mark.parametrize("command", COMMANDS)
def test_only_what_is_in_them(ambient: Run, files: str, command: str) -> None:
    told = ambient(*command.split(), "--namespace-selector", "team=a", "-f", files)
    homes = {line.split()[0] for line in told.out.split("\n\n")[0].splitlines()[1:]}
    assert homes - {"empty"} == {"shop"}, told
    assert told.code == 0
    assert "left out, since the files do not hold the labels of their namespaces: what is in far" in told.err


def test_those_without_a_pod_are_rows_too(ambient: Run, files: str) -> None:
    told = ambient("status", "--namespace-selector", "team in (a)", "-f", files).out
    assert [line.split()[0] for line in told.splitlines()[1:3]] == ["empty", "shop"]
    assert "2 namespaces, 1 pod:" in told


def test_the_sums_are_of_them(ambient: Run, files: str) -> None:
    found = json.loads(ambient("status", "--namespace-selector", "team=a", "-f", files, "-o", "json").out)
    assert [(home["name"], home["label"], home["summary"]["pods"]) for home in found["namespaces"]] == [
        ("empty", "", 0),
        ("shop", "", 1),
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_none_is_said(ambient: Run, files: str, command: str) -> None:
    told = ambient(*command.split(), "--namespace-selector", "team=c", "-f", files)
    assert (told.code, told.out) == (0, "")
    assert "no namespace has labels that --namespace-selector chooses" in told.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--namespace-selector a=b -n shop", "it goes without -n"),
        ("--namespace-selector a=b web-1", "a resource cannot be retrieved by name across all namespaces"),
        ("--namespace-selector a=b=c", "found '='"),
        ("--namespace-selector a=b --nodes", "--nodes tells of all nodes"),
        ("ns -l team=a", "kubectl ambient status --namespace-selector team=a"),
        ("ns shop", "kubectl ambient status -n shop"),
        ("deploy web", "kubectl ambient explain deploy web"),
        ("pod web-1", "status takes the names of pods alone: kubectl ambient status web-1"),
        ("pods -l app=web", "status takes the names of pods alone: kubectl ambient status -l app=web"),
    ],
)
def test_what_to_type_instead(ambient: Run, files: str, words: str, sentence: str) -> None:
    told = ambient("status", *words.split(), "-f", files)
    assert (told.code, told.out) == (2, "")
    assert sentence in told.err


@pytest.mark.parametrize("command", ["status", "waypoint status", "waypoint list", "labels"])
def test_without_the_labels_of_namespaces_there_is_no_answer(on_api: Run, api: ObjectsApi, command: str) -> None:
    api.before_get = lambda path: status(403, "Forbidden", "no") if path == "/api/v1/namespaces" else None
    told = on_api(*command.split(), "--namespace-selector", "team=a")
    assert (told.code, told.out) == (1, "")
    assert "namespaces" in told.err


@pytest.mark.parametrize("command", ["status --pods", "labels"])
def test_on_a_server(on_api: Run, api: ObjectsApi, command: str) -> None:
    for name, team in {"shop": "a", "bank": "b"}.items():
        api.add(f"/api/v1/namespaces/{name}", {"team": team, "istio.io/dataplane-mode": "ambient"})
        api.add(f"/api/v1/namespaces/{name}/pods/web-1", status={"phase": "Running", "podIP": "10.0.0.2"})
    told = on_api(*command.split(), "--namespace-selector", "team=a", "--no-headers")
    assert {line.split()[0] for line in told.out.splitlines()} == {"shop"}, told
