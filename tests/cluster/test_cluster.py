"""What is read of a cluster: what is asked for, and nothing else."""

from __future__ import annotations

from typing import cast

import pytest

from kubectl_ambient.cluster.facts import LabelSelector, Namespace, Owner, Unread
from kubectl_ambient.cluster.needs import pods as n
from kubectl_ambient.cluster.needs.change import ChangeNeeds
from kubectl_ambient.cluster.reading.cluster import begin_with
from kubectl_ambient.cluster.scope import Scope
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import ApiError, ConnectionFailed
from tests.cluster import manifests_of as m
from tests.cluster.fake_client import FakeClient
from tests.cluster.shop import CLUSTER, NOW, names, read

SHOP = n.of_pods_in(Scope(namespace="shop"))
ALL = n.of_pods_in(Scope())


def istio(snapshot: Snapshot) -> dict[str, list[str]]:
    fields = ("cni_daemonsets", "cni_config", "cni_pods", "ztunnel_pods", "webhooks", "injectors", "istiods")
    return {field: names(getattr(snapshot, field)) for field in fields}


ISTIO = {
    "cni_daemonsets": ["istio-cni-node"],
    "cni_config": ["istio-cni-config"],
    "cni_pods": ["istio-cni-node-1", "istio-cni-node-2"],
    "ztunnel_pods": ["ztunnel-1"],
    "webhooks": ["namespace.sidecar-injector.istio.io"],
    "injectors": ["istio-sidecar-injector"],
    "istiods": ["istiod"],
}


def test_what_was_begun_with_is_not_asked_again() -> None:
    client = FakeClient(*CLUSTER)
    early = begin_with(cast(Client, client), SHOP.first())
    snapshot = read(client, SHOP, early=early)
    told = read(asked := FakeClient(*CLUSTER), SHOP)
    assert snapshot == told
    assert sorted(client.requests) == sorted(asked.requests)
    other = read(client, ALL, early=early)
    assert other == read(FakeClient(*CLUSTER), ALL)


def test_what_was_begun_with_and_refused_is_refused() -> None:
    client = FakeClient(*CLUSTER, refused=["list nodes", "list pods shop"])
    early = begin_with(cast(Client, client), SHOP.first())
    with pytest.raises(ApiError, match="pods is forbidden"):
        read(client, SHOP, early=early)
    client = FakeClient(*CLUSTER, refused=["list nodes"])
    snapshot = read(client, SHOP, early=begin_with(cast(Client, client), SHOP.first()))
    assert snapshot.nodes.refusal == Unread(what="list nodes", why="forbidden")


def test_a_server_that_is_lost_meanwhile_is_told() -> None:
    client = FakeClient(*CLUSTER)
    client.errors = dict.fromkeys(("list pods", "list configmaps"), ConnectionFailed("lost"))
    with pytest.raises(ConnectionFailed, match="lost"):
        read(client, SHOP, early=begin_with(cast(Client, client), SHOP.first()))


def test_a_namespace_in_one_round() -> None:
    client = FakeClient(*CLUSTER)
    snapshot = read(client, SHOP)
    assert snapshot.now == NOW
    assert not snapshot.from_files
    assert names(snapshot.pods) == ["web-5d9f-1", "web-5d9f-2", "db-0"]
    shop = Namespace(name="shop", labels={"istio.io/dataplane-mode": "ambient"})
    assert (snapshot.namespaces.facts, snapshot.namespaces.unread) == ({"shop": shop}, {})
    assert istio(snapshot) == ISTIO
    assert list(snapshot.workloads.facts) == ["Deployment/shop/web", "StatefulSet/shop/db"]
    assert snapshot.workloads.unread == {}
    assert sorted(snapshot.nodes.facts) == ["n1", "n2"]
    assert [event.reason for event in snapshot.events] == ["FailedCreatePodSandBox"]
    assert client.rounds == [16]
    assert sorted(client.requests) == [
        "get namespaces shop (metadata)",  # the role view may not list them
        "list configmaps * metadata.name=istio",
        "list configmaps * metadata.name=istio-cni-config",
        "list configmaps * metadata.name=istio-sidecar-injector",
        "list daemonsets *",
        "list daemonsets shop",
        "list deployments * app=istiod",
        "list deployments shop",
        "list events shop reason=FailedCreatePodSandBox,involvedObject.kind=Pod",
        "list jobs shop",
        "list mutatingwebhookconfigurations",
        "list nodes (metadata)",
        "list pods * app=ztunnel",
        "list pods * k8s-app=istio-cni-node",
        "list pods shop",
        "list statefulsets shop",
    ]


def test_all_namespaces_in_one_round() -> None:
    client = FakeClient(*CLUSTER)
    snapshot = read(client, ALL)
    assert len(snapshot.pods) == 7
    assert sorted(snapshot.namespaces.facts) == ["istio-system", "plain", "shop"]
    assert istio(snapshot) == ISTIO
    assert len(client.rounds) == 1
    listed = [r for r in client.requests if r.startswith(("list pods", "list daemonsets", "list deployments"))]
    assert sorted(listed) == ["list daemonsets *", "list deployments *", "list pods *"], "agents come with the rest"
    assert "list namespaces (metadata)" in client.requests


def test_all_namespaces_with_a_selector() -> None:
    client = FakeClient(*CLUSTER)
    snapshot = read(client, n.of_pods_in(Scope(label_selector="app=db")))
    assert names(snapshot.pods) == ["db-0"]
    assert istio(snapshot) == ISTIO, "the agents do not match the selector, and are read all the same"


def test_several_namespaces() -> None:
    snapshot = read(FakeClient(*CLUSTER), n.of_namespaces(["shop", "plain", "gone"]))
    assert names(snapshot.pods) == ["web-5d9f-1", "web-5d9f-2", "db-0", "lone"]
    assert snapshot.namespaces.get("gone") == Unread(what="get namespace gone", why="not found")
    assert istio(snapshot) == ISTIO


def test_pods_by_name() -> None:
    client = FakeClient(*CLUSTER)
    snapshot = read(client, n.of_pods_in(Scope(namespace="shop", names=("db-0", "gone", "web-5d9f-1"))))
    assert names(snapshot.pods) == ["db-0", "web-5d9f-1"]
    assert snapshot.missing == {"Pod/shop/gone": 'Error from server (NotFound): pods "gone" not found'}


def test_what_concerns_one_pod() -> None:
    client = FakeClient(*CLUSTER)
    snapshot = read(client, n.of_pods("shop", ["db-0"]))
    assert names(snapshot.pods) == ["db-0"]
    assert list(snapshot.nodes.facts) == ["n2"]
    assert istio(snapshot) == {**ISTIO, "cni_pods": ["istio-cni-node-2"], "ztunnel_pods": []}
    assert list(snapshot.workloads.facts) == ["StatefulSet/shop/db"]
    assert [event.reason for event in snapshot.events] == ["FailedCreatePodSandBox", "Pulled"]
    assert len(client.rounds) == 2
    assert not any(r.startswith(("list nodes", "list deployments shop")) for r in client.requests)
    assert "get nodes n2" in client.requests, "with its taints"


def test_the_deployment_of_one_pod() -> None:
    snapshot = read(FakeClient(*CLUSTER), n.of_pods("shop", ["web-5d9f-1"]))
    assert set(snapshot.workloads.facts) == {"Deployment/shop/web", "ReplicaSet/shop/web-5d9f"}
    assert snapshot.workloads.unread == {}


def test_a_replicaset_may_belong_to_another_kind() -> None:
    others = [m.workload("ReplicaSet", "web-5d9f", owner="Rollout/web"), *CLUSTER[:6]]
    snapshot = read(FakeClient(*others), n.of_pods("shop", ["web-5d9f-1"]))
    assert snapshot.workloads.unread == {
        "Deployment/shop/web": Unread(what="get deployment web", why="not found"),  # what its name tells
        "Rollout/shop/web": Unread(what="get rollout web", why="a kind that is not read"),
    }


def test_many_nodes_are_listed() -> None:
    pods = [m.pod(f"p{i}", spec={"nodeName": f"n{i}"}) for i in range(20)]
    client = FakeClient(*CLUSTER, *pods)
    snapshot = read(client, n.of_pods("shop", [f"p{i}" for i in range(20)]))
    assert len(snapshot.pods) == 20
    assert client.requests.count("list nodes (metadata)") == 1
    assert client.requests.count("list pods * app=ztunnel") == 1


def test_a_pod_without_a_node() -> None:
    client = FakeClient(*CLUSTER, m.pod("new", spec={"nodeName": None}))
    snapshot = read(client, n.of_pods("shop", ["new"]))
    for found in (snapshot.nodes, snapshot.cni_pods, snapshot.ztunnel_pods):
        assert (found.facts, found.unread) == ({}, {})


def test_the_pods_of_a_workload() -> None:
    stranger = m.pod("stranger", labels={"app": "web"}, owner="ReplicaSet/other-77", status={"phase": "Running"})
    client = FakeClient(*CLUSTER, stranger)
    snapshot = read(client, n.of_workloads("shop", [Owner(kind="Deployment", name="web")]))
    assert names(snapshot.pods) == ["web-5d9f-1", "web-5d9f-2"]
    assert "list pods shop app=web" in client.requests
    assert istio(snapshot) == ISTIO
    assert list(snapshot.namespaces.facts) == ["shop"]
    assert snapshot.namespaces.unread == {}


def test_the_pods_of_a_workload_as_others_see_them() -> None:
    """Of a change their ports are read, too: whose they are is told by the pods alone."""
    stranger = m.pod("stranger", labels={"app": "web"}, owner="ReplicaSet/other-77", status={"phase": "Running"})
    pods = n.of_workloads("shop", [Owner(kind="Deployment", name="web")])
    snapshot = read(FakeClient(*CLUSTER, stranger), ChangeNeeds(pods=pods))
    assert names(snapshot.pods) == ["web-5d9f-1", "web-5d9f-2"]
    assert {"shop/web-5d9f-1", "shop/web-5d9f-2"} <= snapshot.on_network.facts.keys()
    assert "shop/stranger" not in snapshot.on_network.facts


def test_workloads_that_are_not_there() -> None:
    wanted = [Owner(kind="Deployment", name="web"), Owner(kind="StatefulSet", name="gone")]
    snapshot = read(FakeClient(*CLUSTER), n.of_workloads("shop", wanted))
    assert snapshot.missing == {
        "StatefulSet/shop/gone": 'Error from server (NotFound): statefulsets.apps "gone" not found'
    }
    assert names(snapshot.pods) == ["web-5d9f-1", "web-5d9f-2"]


def test_a_replicaset_and_its_deployment() -> None:
    wanted = [Owner(kind="ReplicaSet", name="web-5d9f"), Owner(kind="Deployment", name="web")]
    snapshot = read(FakeClient(*CLUSTER), n.of_workloads("shop", wanted[:1]))
    assert set(snapshot.workloads.facts) == {"ReplicaSet/shop/web-5d9f", "Deployment/shop/web"}
    assert names(snapshot.pods) == ["web-5d9f-1", "web-5d9f-2"]
    assert names(read(FakeClient(*CLUSTER), n.of_workloads("shop", wanted)).pods) == ["web-5d9f-1", "web-5d9f-2"]


def test_the_pods_of_a_cronjob() -> None:
    objects = [
        m.workload("CronJob", "nightly"),
        m.workload("Job", "nightly-1", owner="CronJob/nightly"),
        m.workload("Job", "other"),
        m.pod("nightly-1-x", labels={"job-name": "nightly-1"}, owner="Job/nightly-1"),
        m.pod("other-x", labels={"job-name": "other"}, owner="Job/other"),
    ]
    snapshot = read(FakeClient(*CLUSTER, *objects), n.of_workloads("shop", [Owner(kind="CronJob", name="nightly")]))
    assert names(snapshot.pods) == ["nightly-1-x"]
    assert "Job/shop/nightly-1" in snapshot.workloads.facts


@pytest.mark.parametrize("kind", ["ReplicaSet", "ReplicationController"])
def test_bare_owners_take_a_second_round(kind: str) -> None:
    bare, other = m.workload(kind, "bare"), m.workload(kind, "unused")
    pod = m.pod("bare-1", labels={"app": "bare"}, owner=f"{kind}/bare")
    for needs, place in ((SHOP, "shop"), (ALL, "*")):
        client = FakeClient(*CLUSTER, bare, other, pod)
        snapshot = read(client, needs)
        assert client.requests[-1] == f"list {kind.lower()}s {place}"
        found = snapshot.workload(kind, "shop", "bare")
        assert found is not None
        assert found.selector == LabelSelector(match_labels={"app": "bare"})
        assert f"{kind}/shop/unused" not in snapshot.workloads.facts, "only what pods have for an owner"
        assert client.rounds[1:] == [1]


def test_injectors_of_other_revisions() -> None:
    canary = m.webhooks("istio-sidecar-injector-canary", "canary")
    tag = m.webhooks("istio-revision-tag-prod", "canary", labels={"istio.io/tag": "prod"})
    config = m.configmap("istio-sidecar-injector-canary", data={"config": "policy: disabled\n"})
    client = FakeClient(*CLUSTER, canary, tag, config)
    snapshot = read(client, SHOP)
    assert names(snapshot.injectors) == ["istio-sidecar-injector", "istio-sidecar-injector-canary"]
    assert client.rounds == [16, 1]


def test_an_owner_that_is_gone() -> None:
    orphan = m.pod("orphan", owner="StatefulSet/gone")
    snapshot = read(FakeClient(*CLUSTER, orphan), SHOP)
    assert str(snapshot.workloads.get("StatefulSet/shop/gone")) == "cannot get statefulset gone: not found"


@pytest.mark.parametrize("kind", ["StatefulSet.apps.kruise.io", "Job.batch.volcano.sh", "ReplicaSet.example.com"])
@pytest.mark.parametrize("need", [SHOP, n.of_pods("shop", ["odd"])])
def test_an_owner_of_another_group_is_not_looked_for_among_the_built_in_ones(kind: str, need: n.PodNeeds) -> None:
    built_in = m.workload(kind.partition(".")[0], "x")
    client = FakeClient(built_in, m.pod("odd", owner=f"{kind}/x"))
    snapshot = read(client, need)
    assert snapshot.workloads.unread == {
        f"{kind}/shop/x": Unread(what=f"get {kind.lower()} x", why="a kind that is not read")
    }
    assert not any("get" in request and " x" in request for request in client.requests)


def test_a_pod_of_another_kind_is_no_pod_of_the_job_of_that_name() -> None:
    stranger = m.pod("stranger", labels={"job-name": "nightly-1"}, owner="Job.batch.volcano.sh/nightly-1")
    job = m.workload("Job", "nightly-1", owner="CronJob/nightly")
    client = FakeClient(m.workload("CronJob", "nightly"), job, stranger)
    assert read(client, n.of_workloads("shop", [Owner(kind="CronJob", name="nightly")])).pods.facts == {}


def test_a_replication_controller_by_name() -> None:
    controller = m.workload("ReplicationController", "rc")
    pod = m.pod("rc-1", labels={"app": "rc"}, owner="ReplicationController/rc")
    client = FakeClient(*CLUSTER, controller, pod)
    snapshot = read(client, n.of_workloads("shop", [Owner(kind="ReplicationController", name="rc")]))
    assert names(snapshot.pods) == ["rc-1"]
    assert "list pods shop app=rc" in client.requests


def test_a_list_that_begins_anew() -> None:
    client = FakeClient(*CLUSTER)
    client.restart_lists = True
    snapshot = read(client, ALL)
    assert len(snapshot.pods) == 7
    assert istio(snapshot) == ISTIO


def test_small_pages() -> None:
    client = FakeClient(*CLUSTER)
    assert len(read(client, ALL, chunk_size=2).pods) == 7


def test_the_pods_of_one_name_wherever_they_are() -> None:
    client = FakeClient(*CLUSTER, m.pod("lone", "other"))
    snapshot = read(client, n.PodsCalled("lone"))
    assert [pod.ref for pod in snapshot.pods] == ["Pod/plain/lone", "Pod/other/lone"]
    assert client.requests == ["list pods * metadata.name=lone"]
    assert not snapshot.pods.covers("plain"), "there may be others"


@pytest.mark.parametrize(
    ("scope", "whole"),
    [
        (Scope(namespace="shop"), True),
        (Scope(), True),
        (Scope(namespace="plain"), False),
        (Scope(namespace="shop", label_selector="app=web"), False),
        (Scope(namespace="shop", field_selector="spec.nodeName=n1"), False),
        (Scope(namespace="shop", names=("db-0",)), False),
    ],
)
def test_what_is_known_of_a_namespace_as_a_whole(scope: Scope, whole: bool) -> None:
    assert read(FakeClient(*CLUSTER), n.of_pods_in(scope)).pods.covers("shop") is whole
