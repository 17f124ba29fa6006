"""What may not be read, or fails, is named, and stops nothing else."""

from __future__ import annotations

import pytest

from kubectl_ambient.cluster.facts import Namespace, Unread
from kubectl_ambient.cluster.needs import pods as n
from kubectl_ambient.cluster.scope import Scope
from kubectl_ambient.kube.errors import ApiError, BadAnswer, ConnectionFailed
from tests.cluster import manifests_of as m
from tests.cluster.fake_client import FakeClient
from tests.cluster.shop import CLUSTER, names, read

SHOP = n.of_pods_in(Scope(namespace="shop"))
ALL = n.of_pods_in(Scope())


def test_agents_of_other_nodes_where_the_daemonset_is_unknown() -> None:
    client = FakeClient(*CLUSTER, refused={"list daemonsets"})
    snapshot = read(client, n.of_pods("shop", ["db-0"]))
    assert str(snapshot.cni_daemonsets.refusal) == "cannot list daemonsets of istio-cni and ztunnel: forbidden"
    assert snapshot.cni_daemonsets.known == []
    assert names(snapshot.cni_pods) == ["istio-cni-node-1", "istio-cni-node-2"]


def test_no_further_injectors_are_asked_for_in_vain() -> None:
    canary = m.webhooks("istio-sidecar-injector-canary", "canary")
    client = FakeClient(*CLUSTER, canary, refused={"list configmaps", "get configmaps"})
    snapshot = read(client, SHOP)
    assert snapshot.injectors.refusal
    assert client.rounds == [16]


VIEW = {  # what the built-in role view in one namespace does not give
    "list nodes",
    "list daemonsets *",
    "list deployments *",
    "list pods *",
    "list configmaps",
    "get configmaps",
    "list mutatingwebhookconfigurations",
}


def test_a_developer_with_the_role_view() -> None:
    snapshot = read(FakeClient(*CLUSTER, refused=VIEW), SHOP)
    assert names(snapshot.pods) == ["web-5d9f-1", "web-5d9f-2", "db-0"]
    assert isinstance(snapshot.namespaces.get("shop"), Namespace)
    assert list(snapshot.workloads.facts) == ["Deployment/shop/web", "StatefulSet/shop/db"]
    told = {
        "nodes": "cannot list nodes: forbidden",
        "cni_daemonsets": "cannot list daemonsets of istio-cni and ztunnel: forbidden",
        "cni_config": "cannot get configmap istio-cni-config: forbidden",
        "cni_pods": "cannot list pods of istio-cni: forbidden",
        "ztunnel_pods": "cannot list pods of ztunnel: forbidden",
        "webhooks": "cannot list mutatingwebhookconfigurations: forbidden",
        "injectors": "cannot get configmap istio-sidecar-injector: forbidden",
        "istiods": "cannot list deployments of istiod: forbidden",
    }
    assert {field: str(getattr(snapshot, field).refusal) for field in told} == told
    assert all(getattr(snapshot, field).why_unread() == getattr(snapshot, field).refusal for field in told)


def test_a_refused_node_makes_all_nodes_unread() -> None:
    snapshot = read(FakeClient(*CLUSTER, refused={"get nodes"}), n.of_pods("shop", ["db-0"]))
    unread = Unread(what="get node n2", why="forbidden")
    assert snapshot.nodes.refusal == snapshot.nodes.get("n2") == unread
    assert snapshot.nodes.known == []


def test_refused_agents_of_a_node() -> None:
    snapshot = read(FakeClient(*CLUSTER, refused={"list pods *"}), n.of_pods("shop", ["db-0"]))
    assert snapshot.cni_pods.refusal == Unread(what="list pods of istio-cni on n2", why="forbidden")


def test_refused_workloads() -> None:
    snapshot = read(FakeClient(*CLUSTER, refused={"list deployments shop", "list events"}), SHOP)
    deployments = {
        "Deployment/shop": Unread(what="list deployments", why="forbidden"),
        "Deployment/shop/web": Unread(what="get deployment web", why="forbidden"),
    }
    assert snapshot.workloads.unread == deployments
    assert snapshot.events.refusal == Unread(what="list events", why="forbidden")
    snapshot = read(
        FakeClient(*CLUSTER, refused={"get deployments", "get replicasets"}), n.of_pods("shop", ["web-5d9f-1"])
    )
    assert str(snapshot.workloads.get("Deployment/shop/web")) == "cannot get deployment web: forbidden"


def test_refusals_in_all_namespaces() -> None:
    refused = {"list namespaces", "list daemonsets", "list deployments"}
    snapshot = read(FakeClient(*CLUSTER, refused=refused), ALL)
    assert snapshot.namespaces.facts == {}
    for name in ("shop", "plain", "istio-system"):
        assert snapshot.namespaces.get(name) == Unread(what="list namespaces", why="forbidden")
    assert str(snapshot.cni_daemonsets.refusal) == "cannot list daemonsets: forbidden"
    assert str(snapshot.istiods.refusal) == "cannot list deployments: forbidden"
    assert names(snapshot.cni_pods) == ["istio-cni-node-1", "istio-cni-node-2"]


@pytest.mark.parametrize("home", ["istio-system", "kube-system"])
def test_configmaps_by_get_where_they_may_not_be_listed(home: str) -> None:
    config = m.configmap("istio-cni-config", home, data={"AMBIENT_ENABLED": "true"})
    snapshot = read(FakeClient(config, refused={"list configmaps"}), SHOP)
    assert names(snapshot.cni_config) == ["istio-cni-config"]
    unread = Unread(what="get configmap istio-sidecar-injector", why="forbidden")
    assert snapshot.injectors.refusal == unread, "or elsewhere"


@pytest.mark.parametrize("verb", ["list", "get"])
def test_configmaps_that_fail_otherwise_are_not_looked_for_elsewhere(verb: str) -> None:
    client = FakeClient(m.configmap("istio-cni-config", "kube-system"), refused={"list configmaps"})
    client.errors = {f"{verb} configmaps": ApiError(500, "InternalError", "etcd is away")}
    snapshot = read(client, SHOP)
    assert snapshot.cni_config.refusal == Unread(what="get configmap istio-cni-config", why="etcd is away")


def test_a_resource_type_that_is_not_served_is_empty() -> None:
    client = FakeClient(*CLUSTER)
    client.missing = {"mutatingwebhookconfigurations", "jobs"}
    snapshot = read(client, SHOP)
    assert (snapshot.webhooks.facts, snapshot.webhooks.unread) == ({}, {})
    assert snapshot.webhooks.absent
    assert snapshot.webhooks.covers("")
    assert snapshot.workloads.unread == {}


def test_the_pods_themselves_refused() -> None:
    with pytest.raises(ApiError) as caught:
        read(FakeClient(*CLUSTER, refused={"list pods shop"}), SHOP)
    assert caught.value.is_forbidden


@pytest.mark.parametrize(
    "error", [ConnectionFailed("refused"), ApiError(401, "Unauthorized", "Unauthorized")], ids=["connection", "login"]
)
def test_errors_that_leave_no_answer(error: Exception) -> None:
    client = FakeClient(*CLUSTER)
    client.errors = {"list nodes": error}
    with pytest.raises(type(error)):
        read(client, SHOP)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ApiError(500, "InternalError", "etcd is away"), "etcd is away"),
        (BadAnswer("error: https://x did not answer with a list"), "https://x did not answer with a list"),
    ],
)
def test_errors_of_one_read(error: Exception, why: str) -> None:
    client = FakeClient(*CLUSTER)
    client.errors = {"list nodes": error}
    snapshot = read(client, SHOP)
    assert snapshot.nodes.refusal == Unread(what="list nodes", why=why)
    assert len(snapshot.pods) == 3


def test_a_bad_object_hides_no_other() -> None:
    client = FakeClient(*CLUSTER, m.pod("odd", spec={"hostNetwork": "yes"}))
    snapshot = read(client, SHOP)
    assert len(snapshot.pods) == 3
    assert [bad.name for bad in client.bad_objects] == ["odd"]
