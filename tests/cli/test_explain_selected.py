"""`explain` with a selector and several types: that nothing was found is told once, and only where it is so."""

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
