"""What `explain` and `waypoint explain` tell where a selector chooses nothing: once, and only where it is so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cluster import manifests_of as m

from .enable_fixtures import Run


@pytest.fixture
def files(tmp_path: Path) -> str:
    path = tmp_path / "objects.json"
    objects = [m.namespace("shop"), m.pod("web-1", labels={"app": "web"})]
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    return str(path)


def told(ambient: Run, files: str, selector: str) -> list[str]:
    found = ambient("explain", "po,deploy,sts", "-l", selector, "-n", "shop", "-f", files, "-o", "name")
    assert found.code == 0
    return [line for line in (found.out + found.err).splitlines() if not line.startswith("assumed")]


def test_nothing_found_is_told_once(ambient: Run, files: str) -> None:
    assert told(ambient, files, "app=none") == ["No resources found in shop namespace."]


def test_one_type_is_enough(ambient: Run, files: str) -> None:
    assert told(ambient, files, "app=web") == ["pod/web-1"]


@pytest.mark.parametrize("types", ["svc", "svc,po"])
def test_a_selector_that_chooses_nothing_is_no_failure_of_waypoint_explain(
    ambient: Run, files: str, types: str
) -> None:
    found = ambient("waypoint", "explain", types, "-l", "app=none", "-n", "shop", "-f", files)
    assert (found.code, found.out) == (0, "")
    assert found.err.splitlines().count("No resources found in shop namespace.") == 1
    found = ambient("waypoint", "explain", "svc,po", "-l", "app=web", "-n", "shop", "-f", files, "-o", "name")
    assert (found.code, found.out) == (0, "pod/web-1\n")
    assert "No resources" not in found.err
