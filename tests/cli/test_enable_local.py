"""`-f … --local`: the labelled manifests, and no server."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
import yaml

from .enable_fixtures import Run, ambient, clean_environment

__all__ = ["ambient", "clean_environment"]

SHOP = """\
# the shop
apiVersion: v1
kind: Namespace
metadata:
  name: shop  # ours
---
apiVersion: v1
kind: Service
metadata: {name: web}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    metadata:
      labels:
        app: web
"""
LABEL = "istio.io/dataplane-mode"


@pytest.fixture
def shop(tmp_path: Path) -> str:
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP)
    return str(path)


def test_a_namespace_is_labelled_and_its_pods_follow(ambient: Run, shop: str) -> None:
    found = ambient("enable", "-f", shop, "--local")
    assert (found.code, found.err) == (0, "")
    assert found.out == SHOP.replace("shop  # ours\n", f"shop  # ours\n  labels:\n    {LABEL}: ambient\n")


def test_without_a_namespace_pod_templates_are_labelled(ambient: Run, tmp_path: Path) -> None:
    text = SHOP.partition("---\n")[2]
    (tmp_path / "web.yaml").write_text(text)
    found = ambient("enable", "-f", "web.yaml", "--local")
    assert (found.code, found.err) == (0, "")
    assert found.out == f"{text}        {LABEL}: ambient\n"


def test_there_and_back_again(ambient: Run, shop: str, tmp_path: Path) -> None:
    there = tmp_path / "there.yaml"
    labelled = ambient("enable", "-f", shop, "--local").out
    there.write_text(labelled.replace("app: web\n", f"app: web\n        {LABEL}: ambient\n"))
    back = ambient("disable", "-f", str(there), "--local")
    assert back.code == 0
    assert back.out.replace("  labels: {}\n", "") == SHOP, "a template that asks by itself is out, too"


def test_opt_out(ambient: Run, shop: str) -> None:
    found = ambient("disable", "-f", shop, "--local", "--opt-out")
    assert found.out.count(f"{LABEL}: none") == 1
    assert ambient("disable", "deploy/web", "-f", shop, "--local", "--opt-out", "-o", "name").out == (
        "deployment.apps/web\n"
    )


def test_another_value_is_left_and_told(ambient: Run, tmp_path: Path) -> None:
    path = tmp_path / "pod.yaml"
    text = f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  labels:\n    {LABEL}: none\n"
    path.write_text(text)
    found = ambient("enable", "-f", str(path), "--local")
    assert found.code == 1
    assert found.out == text
    assert found.err == f"error: pod/web: '{LABEL}' already has a value (none), and --overwrite is false\n"
    assert ambient("enable", "-f", str(path), "--local", "-o", "name").out == ""
    assert "ambient" in ambient("enable", "-f", str(path), "--local", "--overwrite").out


def test_a_job_and_a_replicaset_are_labelled_before_they_exist(ambient: Run, tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    template = {"metadata": {}, "spec": {}}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}, "spec": {"template": template}}
    path.write_text(json.dumps(job))
    found = ambient("enable", "-f", str(path), "--local")
    assert json.loads(found.out)["spec"]["template"]["metadata"]["labels"] == {LABEL: "ambient"}


def test_formats(ambient: Run, shop: str, tmp_path: Path) -> None:
    document = json.loads(ambient("enable", "-f", shop, "--local", "-o", "json").out)
    assert (document["kind"], len(document["items"])) == ("List", 3)
    assert ambient("enable", "-f", shop, "--local", "-o", "name").out == "namespace/shop\n"
    one = tmp_path / "one.json"
    one.write_text('{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "bank"}}')
    document = json.loads(ambient("enable", "-f", str(one), "--local", "-o", "json").out)
    assert (document["kind"], document["metadata"]["labels"]) == ("Namespace", {LABEL: "ambient"})
    assert "labels:" in ambient("enable", "-f", str(one), "--local", "-o", "yaml").out


def test_standard_input(ambient: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(SHOP.encode())

    monkeypatch.setattr(sys, "stdin", Stdin())
    assert f"{LABEL}: ambient" in ambient("enable", "-f", "-", "--local").out


def test_folders(ambient: Run, shop: str, tmp_path: Path) -> None:
    below = tmp_path / "below"
    below.mkdir()
    (below / "bank.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: bank\n")
    flat = ambient("enable", "-f", str(tmp_path), "--local", "-o", "name").out
    assert flat == "namespace/shop\n"
    assert "namespace/bank" in ambient("enable", "-R", "-f", str(tmp_path), "--local", "-o", "name").out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hello: [", "not YAML"),
        ("", "empty"),
        ("just: a map", "no Kubernetes object"),
    ],
)
def test_bad_input_does_not_hide_the_good(ambient: Run, shop: str, tmp_path: Path, text: str, words: str) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(text)
    found = ambient("enable", "-f", str(bad), "-f", shop, "--local")
    assert found.code == 1
    assert words in found.err
    assert found.err.count("\n") == 1
    assert len(list(yaml.safe_load_all(found.out))) == 3


def test_a_missing_file(ambient: Run) -> None:
    found = ambient("enable", "-f", "nope.yaml", "--local")
    assert (found.code, found.out) == (1, "")
    assert found.err == 'error: the path "nope.yaml" does not exist\n'


def test_files_with_nothing_to_label(ambient: Run, tmp_path: Path) -> None:
    path = tmp_path / "svc.yaml"
    path.write_text("apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n")
    found = ambient("enable", "-f", str(path), "--local")
    assert (found.code, found.out) == (0, path.read_text())
    assert found.err.startswith("nothing to label")
