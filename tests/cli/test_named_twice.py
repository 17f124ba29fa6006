"""What is named twice, or by itself and with its owner, is told once; live and in files alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .enable_fixtures import Run

EXAMPLE = str(Path(__file__).resolve().parents[2] / "examples" / "shop.yaml")
SHOP = ("-n", "shop", "-f", EXAMPLE)


@pytest.fixture
def web(ambient: Run) -> list[str]:
    """The pods of Deployment web."""
    return [line.partition("/")[2] for line in ambient("status", "-l", "app=web", "-o", "name", *SHOP).out.splitlines()]


def document(ambient: Run, *words: str) -> Any:
    return json.loads(ambient(*words, "-o", "json", *SHOP).out)


@pytest.mark.parametrize("again", ["{}", "pod/{}", "Pods/{}"])
def test_status(ambient: Run, web: list[str], again: str) -> None:
    found = document(ambient, "status", web[0], again.format(web[0]))
    assert (len(found["items"]), found["summary"]["pods"]) == (1, 1)


@pytest.mark.parametrize(
    ("words", "pods"), [("ns/shop ns/shop", 20), ("deploy/web deployment.apps/web", 3), ("deploy/web pod/{}", 3)]
)
def test_explain(ambient: Run, web: list[str], words: str, pods: int) -> None:
    named = words.format(web[0]).split()
    assert len(document(ambient, "explain", *named)["items"]) == pods
    assert len(ambient("explain", *named, "-o", "name", *SHOP).out.splitlines()) == pods


def test_a_pod_beside_a_workload_is_explained_too(ambient: Run, web: list[str]) -> None:
    found = ambient("explain", "deploy/web", "pod/session-mover", *SHOP)
    assert found.out.startswith("Deployment shop/web: 3 of 3 pods are in ambient mode.")
    assert "\nPod shop/session-mover is in ambient mode" in found.out
    assert "\nPod shop/web-" not in found.out


def test_a_namespace_that_the_files_do_not_hold(ambient: Run) -> None:
    found = ambient("status", "-n", "shopp", "-f", EXAMPLE, "--fail-on", "any")
    assert (found.code, found.out) == (1, "")
    assert found.err == 'Error (NotFound): namespaces "shopp" not found\n'
