"""`status -A` with a selector: namespaces without one of the pods are not listed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cluster import manifests_of as m

from .enable_fixtures import Run


@pytest.fixture
def files(tmp_path: Path) -> str:
    pods = [m.pod("web-1", labels={"app": "web"}), m.pod("db-1", namespace="bank", labels={"app": "db"})]
    objects = [m.namespace("shop"), m.namespace("bank"), m.namespace("empty"), *pods]
    path = tmp_path / "objects.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    return str(path)


def homes(text: str) -> list[str]:
    return [line.split()[0] for line in text.split("\n\n")[0].splitlines()[1:]]


def test_all_namespaces_without_a_selector(ambient: Run, files: str) -> None:
    assert homes(ambient("status", "-A", "-f", files).out) == ["bank", "empty", "shop"]


def test_only_those_with_a_selected_pod(ambient: Run, files: str) -> None:
    told = ambient("status", "-A", "-l", "app=web", "-f", files).out
    assert homes(told) == ["shop"]
    assert "1 namespace, 1 pod:" in told


def test_a_selector_that_matches_nothing(ambient: Run, files: str) -> None:
    told = ambient("status", "-A", "-l", "app=none", "-f", files)
    assert (told.code, told.out) == (0, "")
    assert told.err.startswith("No resources found")
