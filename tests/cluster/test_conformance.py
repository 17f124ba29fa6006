"""The cases of Istio's own code once more, as a user meets them: objects in a file, read and judged."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from kubectl_ambient.cluster.reading.files import read_files
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.verdict import Verdict
from tests.conformance import cases, frame
from tests.mesh.test_conformance import expected

Object = dict[str, Any]


def written(case: Object) -> list[Object]:
    """The Namespace and the Pod of one case."""
    namespace = f"ns-{case['id']}"
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": case["ns_labels"]}},
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": case["id"],
                "namespace": namespace,
                "labels": case["labels"],
                "annotations": case["annotations"],
            },
            "spec": {
                "nodeName": "n1",
                "hostNetwork": case["host_network"],
                "containers": [{"name": "c", "image": "c"}],
            },
            "status": {"phase": "Running", "podIP": "10.0.0.9"},
        },
    ]


def installation(version: str, selectors: str) -> list[Object]:
    labels = {"k8s-app": "istio-cni-node"}
    containers = [{"name": "install-cni", "image": f"docker.io/istio/install-cni:{version}"}]
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": {"name": "istio-cni-node", "namespace": "istio-system", "labels": labels},
            "spec": {"template": {"metadata": {"labels": labels}, "spec": {"containers": containers}}},
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "istio-cni-config", "namespace": "istio-system"},
            "data": {
                "AMBIENT_ENABLED": "true",
                "AMBIENT_ENABLEMENT_SELECTOR": selectors,
                "cni_network_config": '{"ambient_enabled": true}',
            },
        },
    ]


def judged(path: Path, items: list[Object]) -> dict[str, Verdict]:
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}), encoding="utf-8")
    snapshot, problems = read_files([str(path)])
    assert problems == []
    judge = Judge(snapshot)
    return {pod.name: judge.judge(pod) for pod in snapshot.pods}


@pytest.mark.parametrize("version", ["1.26.0", "1.30.3"])
def test_enrolment_from_files(version: str, tmp_path: Path) -> None:
    groups: dict[str, list[Object]] = defaultdict(list)
    for case in cases("enrollment"):
        groups[case["selectors"]].append(case)
    wrong, seen = [], 0
    for selectors, group in groups.items():
        items = installation(version, selectors) + [item for case in group for item in written(case)]
        verdicts = judged(tmp_path / "case.json", items)
        seen += len(verdicts)
        wrong += [c["id"] for c in group if verdicts[c["id"]].expected != expected(c, version)]
    assert (seen, wrong) == (4000, [])


def test_injection_from_files(tmp_path: Path) -> None:
    items = [*frame()["items"], *(item for case in cases("injection") for item in written(case))]
    verdicts = judged(tmp_path / "case.json", items)
    found = {c["id"]: verdicts[c["id"]].after_restart == "sidecar" for c in cases("injection")}
    assert found == {c["id"]: c["injected"] for c in cases("injection")}
