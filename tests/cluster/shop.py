"""A small cluster with istio-cni, ztunnel and istiod, and what reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from kubectl_ambient.cluster.found import Found
from kubectl_ambient.cluster.needs.ask import Needs
from kubectl_ambient.cluster.reading.cluster import Early, read_cluster
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.api import Client
from tests.cluster import manifests_of as m
from tests.cluster.fake_client import FakeClient

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CNI = {"k8s-app": "istio-cni-node"}
CLUSTER = [
    m.namespace("shop", {"istio.io/dataplane-mode": "ambient"}),
    m.namespace("istio-system"),
    m.namespace("plain"),
    m.node("n1", {"kubernetes.io/os": "linux"}),
    m.node("n2"),
    m.pod("web-5d9f-1", labels={"app": "web", "pod-template-hash": "5d9f"}, owner="ReplicaSet/web-5d9f"),
    m.pod("web-5d9f-2", labels={"app": "web", "pod-template-hash": "5d9f"}, owner="ReplicaSet/web-5d9f"),
    m.pod("db-0", labels={"app": "db"}, owner="StatefulSet/db", spec={"nodeName": "n2"}),
    m.pod("lone", "plain"),
    m.workload("Deployment", "web"),
    m.workload("ReplicaSet", "web-5d9f", owner="Deployment/web", spec={"selector": {"matchLabels": {"app": "web"}}}),
    m.workload("StatefulSet", "db"),
    m.pod("istio-cni-node-1", "istio-system", labels=CNI),
    m.pod("istio-cni-node-2", "istio-system", labels=CNI, spec={"nodeName": "n2"}),
    m.pod("ztunnel-1", "istio-system", labels={"app": "ztunnel"}),
    m.workload("DaemonSet", "istio-cni-node", "istio-system", labels=CNI),
    m.workload("DaemonSet", "kube-proxy", "kube-system"),
    m.workload("Deployment", "istiod", "istio-system", labels={"app": "istiod"}),
    m.configmap("istio-cni-config", data={"AMBIENT_ENABLED": "true"}),
    m.configmap("istio-sidecar-injector", data={"config": "policy: enabled\n"}),
    m.webhooks(),
    m.event("db-0"),
    m.event("db-0", reason="Pulled"),
]


def read(client: FakeClient, needs: Needs, *, chunk_size: int | None = None, early: Early | None = None) -> Snapshot:
    return read_cluster(cast(Client, client), needs, now=NOW, chunk_size=chunk_size, early=early)


def names(found: Found[Any]) -> list[str]:
    """Of a part that is known as a whole."""
    assert found.refusal is None, found
    return [fact.name for fact in found]
