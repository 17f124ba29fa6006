"""Manifests hold what makes pods: one pod stands for those to come, as its template says."""

from __future__ import annotations

import io

import pytest

from kubectl_ambient.change.stand_ins import with_stand_ins
from kubectl_ambient.cluster.kinds.table import KINDS
from kubectl_ambient.cluster.reading.files import read_files
from kubectl_ambient.cluster.snapshot import Snapshot
from tests.cluster import manifests_of as m

TEMPLATE = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {
        "serviceAccountName": "web",
        "containers": [{"name": "app", "image": "app:1", "ports": [{"name": "http", "containerPort": 8080}]}],
    },
}


def files(*objects: m.Manifest) -> Snapshot:
    snapshot, problems = read_files(["-"], kinds=KINDS, stdin=io.BytesIO(m.listed(*objects).encode()))
    assert problems == []
    return snapshot


def test_one_pod_stands_for_those_to_come() -> None:
    found, told = with_stand_ins(files(m.workload("Deployment", "web", template=TEMPLATE)))
    (pod,) = found.pods
    assert (pod.ref, pod.labels, str(pod.owner)) == ("Pod/shop/web-*", {"app": "web"}, "Deployment/web")
    seen = found.on_network.fact("shop/web-*")
    assert seen is not None
    assert ([port.number for port in seen.ports], seen.service_account, seen.ips) == ([8080], "web", ())
    assert told == ["the files hold no pod of shop/web: one made from the template stands for those to come"]


def test_pods_that_are_there_stand_for_themselves() -> None:
    owned = m.pod("web-5d9f-1", labels={"app": "web", "pod-template-hash": "5d9f"}, owner="ReplicaSet/web-5d9f")
    snapshot = files(m.workload("Deployment", "web", template=TEMPLATE), owned)
    assert with_stand_ins(snapshot) == (snapshot, [])


def test_what_wants_no_pods_has_none() -> None:
    snapshot = files(m.workload("Deployment", "web", template=TEMPLATE, spec={"replicas": 0}), m.workload("CronJob"))
    assert with_stand_ins(snapshot) == (snapshot, [])


@pytest.mark.parametrize(
    ("labels", "own", "injected", "is_in"),
    [
        ({"istio.io/dataplane-mode": "ambient"}, {}, False, True),
        ({}, {"istio.io/dataplane-mode": "ambient"}, False, True),
        ({"istio.io/dataplane-mode": "ambient"}, {"istio.io/dataplane-mode": "none"}, False, False),
        ({"istio.io/dataplane-mode": "ambient"}, {"sidecar.istio.io/inject": "true"}, True, False),
        ({}, {}, False, False),
    ],
)
def test_it_is_in_ambient_mode_where_what_comes_would_be(
    labels: dict[str, str], own: dict[str, str], injected: bool, is_in: bool
) -> None:
    template = {**TEMPLATE, "metadata": {"labels": {"app": "web", **own}}}
    hooks = [m.webhooks()] if injected else []
    found, _told = with_stand_ins(
        files(m.namespace("shop", labels), m.workload("Deployment", "web", template=template), *hooks)
    )
    (pod,) = found.pods
    assert (pod.annotations.redirection == "enabled") == is_in
