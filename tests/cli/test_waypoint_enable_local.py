"""waypoint enable and disable of manifests: what is printed, and what is left as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from .enable_fixtures import Run

SHOP = """\
# the shop
apiVersion: v1
kind: Namespace
metadata:
  name: shop   # ours
---
apiVersion: v1
kind: Service
metadata:
  name: cart
  labels:
    istio.io/use-waypoint-namespace: stale
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {metadata: {labels: {app: web}}}}
---
apiVersion: v1
kind: Service
metadata: {name: out, labels: {istio.io/use-waypoint: none}}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP)
    return path


def test_both_labels_and_nothing_else(ambient: Run, shop: Path) -> None:
    words = ("--local", "-f", "shop.yaml", "--waypoint=wp", "--waypoint-namespace=infra", "--overwrite")
    found = ambient("waypoint", "enable", *words)
    assert (found.code, found.err) == (0, "")
    assert (
        found.out
        == """\
# the shop
apiVersion: v1
kind: Namespace
metadata:
  name: shop   # ours
  labels:
    istio.io/use-waypoint-namespace: infra
    istio.io/use-waypoint: wp
---
apiVersion: v1
kind: Service
metadata:
  name: cart
  labels:
    istio.io/use-waypoint-namespace: infra
    istio.io/use-waypoint: wp
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {metadata: {labels: {app: web}}}}
---
apiVersion: v1
kind: Service
metadata: {name: out, labels: {istio.io/use-waypoint: wp, istio.io/use-waypoint-namespace: infra}}
"""
    )


def test_there_and_back(ambient: Run, shop: Path, tmp_path: Path) -> None:
    found = ambient("waypoint", "enable", "--local", "-f", "shop.yaml")
    assert found.code == 1
    assert "error: service/out: 'istio.io/use-waypoint' already has a value (none)" in found.err
    (tmp_path / "on.yaml").write_text(found.out)
    labels = [d["metadata"].get("labels") for d in yaml.safe_load_all(found.out)]
    on = {"istio.io/use-waypoint": "waypoint"}
    assert labels == [on, on, None, {"istio.io/use-waypoint": "none"}]
    back = ambient("waypoint", "disable", "--local", "-f", "on.yaml")
    assert back.code == 0
    assert "service/out keeps istio.io/use-waypoint=none" in back.err
    labels = [d["metadata"].get("labels") or None for d in yaml.safe_load_all(back.out)]
    assert labels == [None, None, None, {"istio.io/use-waypoint": "none"}]


def test_json_stays_json(ambient: Run, tmp_path: Path) -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cart"}}
    (tmp_path / "a.json").write_text(json.dumps(service))
    found = ambient("waypoint", "disable", "--opt-out", "--local", "-f", "a.json")
    assert json.loads(found.out)["metadata"]["labels"] == {"istio.io/use-waypoint": "none"}


def test_an_object_that_takes_only_one_of_the_labels_gets_none(ambient: Run, tmp_path: Path) -> None:
    text = """\
apiVersion: v1
kind: Service
metadata:
  name: odd
  labels:
    istio.io/use-waypoint: >-
      old
---
apiVersion: v1
kind: Service
metadata: {name: good}
"""
    (tmp_path / "a.yaml").write_text(text)
    words = ("--local", "-f", "a.yaml", "--waypoint=wp", "--waypoint-namespace=infra", "--overwrite")
    found = ambient("waypoint", "enable", *words)
    assert found.code == 1
    assert found.err.count("error: ") == 1
    assert "Service/default/odd: the value of istio.io/use-waypoint is not on one line" in found.err
    odd, good = yaml.safe_load_all(found.out)
    assert odd["metadata"]["labels"] == {"istio.io/use-waypoint": "old"}
    assert good["metadata"]["labels"] == {"istio.io/use-waypoint": "wp", "istio.io/use-waypoint-namespace": "infra"}


def test_what_a_workloadentry_names_in_its_spec(ambient: Run, tmp_path: Path) -> None:
    entry = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "WorkloadEntry",
        "metadata": {"name": "vm", "namespace": "shop"},
        "spec": {"labels": {"istio.io/use-waypoint": "wp", "istio.io/use-waypoint-namespace": "infra"}},
    }
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(entry))
    words = ("--local", "-f", "a.yaml")
    same = ambient("waypoint", "enable", *words, "--waypoint=wp", "--waypoint-namespace=infra")
    assert (same.code, same.err, yaml.safe_load(same.out)) == (0, "", entry)
    own = ambient("waypoint", "enable", *words, "--waypoint=wp")
    labels = {"istio.io/use-waypoint": "wp", "istio.io/use-waypoint-namespace": "shop"}
    assert yaml.safe_load(own.out)["metadata"]["labels"] == labels
    assert own.err == (
        "workloadentry.networking.istio.io/vm: spec.labels still has istio.io/use-waypoint=wp, "
        "istio.io/use-waypoint-namespace=infra, "
        "which counts no more: the metadata has the label\n"
    )


def test_a_workloadentry_with_odd_labels_in_its_spec(ambient: Run, tmp_path: Path) -> None:
    head = "apiVersion: networking.istio.io/v1\nkind: WorkloadEntry\nmetadata: {name: vm, namespace: shop}\n"
    (tmp_path / "a.yaml").write_text(f"{head}spec: {{labels: [a]}}\n")
    found = ambient("waypoint", "enable", "--local", "-f", "a.yaml", "--waypoint=wp")
    assert found.code == 1
    assert "WorkloadEntry/shop/vm: spec.labels: " in found.err


def test_names_alone_and_nothing_to_label(ambient: Run, shop: Path, tmp_path: Path) -> None:
    found = ambient("waypoint", "enable", "--local", "-f", "shop.yaml", "-o", "name", "--overwrite")
    assert found.out == "namespace/shop\nservice/cart\nservice/out\n"
    (tmp_path / "x.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    none = ambient("waypoint", "enable", "--local", "-f", "x.yaml")
    assert (none.code, none.err) == (
        0,
        "nothing to label: the files hold no Namespace, Service, Pod, ServiceEntry or WorkloadEntry\n",
    )


def test_what_is_broken_is_told_once(ambient: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "a: [\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: 3}\n---\n"
        "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n"
    )
    found = ambient("waypoint", "enable", "--local", "-f", "a.yaml")
    assert found.code == 1
    assert found.err.count("error: ") == 2
    assert "istio.io/use-waypoint: waypoint" in found.out


def test_names_and_selectors_choose_and_files_are_written(ambient: Run, tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: NAME, namespace: shop, labels: {app: NAME}}\n"
    (tmp_path / "all.yaml").write_text("---\n".join(text.replace("NAME", name) for name in ("web", "api")))
    words = ("waypoint", "enable", "--waypoint=wp", "--local", "-f", "all.yaml")
    assert ambient(*words, "svc/web", "-o", "name").out == "service/web\n"
    assert ambient(*words, "-l", "app=api", "-o", "name").out == "service/api\n"
    assert ambient(*words, "-n", "bank", "-o", "name").err == (
        "nothing to label: the files hold nothing of what was asked for in namespace bank\n"
    )
    missing = ambient(*words, "svc/nope")
    assert (missing.code, missing.err) == (1, 'Error (NotFound): services "nope" not found\n')
    assert ambient(*words, "svc/web", "--in-place").out == "all.yaml: service/web labeled\n"
    assert (tmp_path / "all.yaml").read_text() == "---\n".join(
        (text.replace("NAME", "web").replace("web}}", "web, istio.io/use-waypoint: wp}}"), text.replace("NAME", "api"))
    )
