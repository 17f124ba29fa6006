from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from kubectl_ambient.cluster import needs as n
from kubectl_ambient.cluster.facts import LabelSelector, Namespace, Owner, Unread
from kubectl_ambient.cluster.needs.pods import Needs
from kubectl_ambient.cluster.reading.cluster import read_snapshot
from kubectl_ambient.cluster.scope import Scope
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import ApiError, BadAnswer, ConnectionFailed
from tests.cluster import manifests_of as m
from tests.cluster.fake_client import FakeClient

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SHOP = n.of_scope(Scope(namespace="shop"))
ALL = n.of_scope(Scope())
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


def read(client: FakeClient, needs: Needs) -> Snapshot:
    return read_snapshot(cast(Client, client), needs, now=NOW)


def names(found: Any) -> list[str]:
    assert not isinstance(found, Unread), found
    return [fact.name for fact in found]


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


def test_a_namespace_in_one_round() -> None:
    client = FakeClient(*CLUSTER)
    snapshot = read(client, SHOP)
    assert snapshot.now == NOW
    assert not snapshot.from_files
    assert names(snapshot.pods) == ["web-5d9f-1", "web-5d9f-2", "db-0"]
    assert snapshot.namespaces == {"shop": Namespace(name="shop", labels={"istio.io/dataplane-mode": "ambient"})}
    assert istio(snapshot) == ISTIO
    assert list(snapshot.workloads) == ["Deployment/shop/web", "StatefulSet/shop/db"]
    assert snapshot.unread_workloads == {}
    assert sorted(snapshot.nodes) == ["n1", "n2"]  # type: ignore[arg-type]
    assert [event.reason for event in snapshot.events] == ["FailedCreatePodSandBox"]  # type: ignore[union-attr]
    assert client.rounds == [15]
    assert sorted(client.requests) == [
        "get namespaces shop (metadata)",  # the role view may not list them
        "list configmaps * metadata.name=istio-cni-config",
        "list configmaps * metadata.name=istio-sidecar-injector",
        "list daemonsets * k8s-app=istio-cni-node",
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
    assert sorted(snapshot.namespaces) == ["istio-system", "plain", "shop"]
    assert istio(snapshot) == ISTIO
    assert len(client.rounds) == 1
    listed = [r for r in client.requests if r.startswith(("list pods", "list daemonsets", "list deployments"))]
    assert sorted(listed) == ["list daemonsets *", "list deployments *", "list pods *"], "agents come with the rest"
    assert "list namespaces (metadata)" in client.requests


def test_all_namespaces_with_a_selector() -> None:
    client = FakeClient(*CLUSTER)
    snapshot = read(client, n.of_scope(Scope(label_selector="app=db")))
    assert names(snapshot.pods) == ["db-0"]
    assert istio(snapshot) == ISTIO, "the agents do not match the selector, and are read all the same"


def test_several_namespaces() -> None:
    snapshot = read(FakeClient(*CLUSTER), n.of_namespaces(["shop", "plain", "gone"]))
    assert names(snapshot.pods) == ["web-5d9f-1", "web-5d9f-2", "db-0", "lone"]
    assert snapshot.namespaces["gone"] == Unread(what="get namespace gone", why="not found")
    assert istio(snapshot) == ISTIO


def test_pods_by_name() -> None:
    client = FakeClient(*CLUSTER)
    snapshot = read(client, n.of_scope(Scope(namespace="shop", names=("db-0", "gone", "web-5d9f-1"))))
    assert names(snapshot.pods) == ["db-0", "web-5d9f-1"]
    assert snapshot.missing == {"Pod/shop/gone": 'Error from server (NotFound): pods "gone" not found'}


def test_what_concerns_one_pod() -> None:
    client = FakeClient(*CLUSTER)
    snapshot = read(client, n.of_pods("shop", ["db-0"]))
    assert names(snapshot.pods) == ["db-0"]
    assert list(snapshot.nodes) == ["n2"]  # type: ignore[arg-type]
    assert istio(snapshot) == {**ISTIO, "cni_pods": ["istio-cni-node-2"], "ztunnel_pods": []}
    assert list(snapshot.workloads) == ["StatefulSet/shop/db"]
    assert [event.reason for event in snapshot.events] == ["FailedCreatePodSandBox", "Pulled"]  # type: ignore[union-attr]
    assert len(client.rounds) == 2
    assert not any(r.startswith(("list nodes", "list deployments shop")) for r in client.requests)
    assert "get nodes n2 (metadata)" in client.requests


def test_the_deployment_of_one_pod() -> None:
    snapshot = read(FakeClient(*CLUSTER), n.of_pods("shop", ["web-5d9f-1"]))
    assert set(snapshot.workloads) == {"Deployment/shop/web", "ReplicaSet/shop/web-5d9f"}
    assert snapshot.unread_workloads == {}


def test_a_replicaset_may_belong_to_another_kind() -> None:
    others = [m.workload("ReplicaSet", "web-5d9f", owner="Rollout/web"), *CLUSTER[:6]]
    snapshot = read(FakeClient(*others), n.of_pods("shop", ["web-5d9f-1"]))
    assert snapshot.unread_workloads == {
        "Rollout/shop/web": Unread(what="get rollout web", why="a kind that is not read")
    }


def test_agents_of_other_nodes_where_the_daemonset_is_unknown() -> None:
    client = FakeClient(*CLUSTER, refused={"list daemonsets"})
    snapshot = read(client, n.of_pods("shop", ["db-0"]))
    assert isinstance(snapshot.cni_daemonsets, Unread)
    assert names(snapshot.cni_pods) == ["istio-cni-node-1", "istio-cni-node-2"]


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
    assert (snapshot.nodes, snapshot.cni_pods, snapshot.ztunnel_pods) == ({}, [], [])


def test_the_pods_of_a_workload() -> None:
    stranger = m.pod("stranger", labels={"app": "web"}, owner="ReplicaSet/other-77", status={"phase": "Running"})
    client = FakeClient(*CLUSTER, stranger)
    snapshot = read(client, n.of_workloads("shop", [Owner(kind="Deployment", name="web")]))
    assert names(snapshot.pods) == ["web-5d9f-1", "web-5d9f-2"]
    assert "list pods shop app=web" in client.requests
    assert istio(snapshot) == ISTIO
    assert snapshot.namespaces.keys() == {"shop"}


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
    assert set(snapshot.workloads) == {"ReplicaSet/shop/web-5d9f", "Deployment/shop/web"}
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
    assert "Job/shop/nightly-1" in snapshot.workloads


@pytest.mark.parametrize("kind", ["ReplicaSet", "ReplicationController"])
def test_bare_owners_take_a_second_round(kind: str) -> None:
    bare, other = m.workload(kind, "bare"), m.workload(kind, "unused")
    pod = m.pod("bare-1", labels={"app": "bare"}, owner=f"{kind}/bare")
    for needs, place in ((SHOP, "shop"), (ALL, "*")):
        client = FakeClient(*CLUSTER, bare, other, pod)
        snapshot = read(client, needs)
        assert client.requests[-1] == f"list {kind.lower()}s {place}"
        assert snapshot.workloads[f"{kind}/shop/bare"].selector == LabelSelector(match_labels={"app": "bare"})
        assert f"{kind}/shop/bare" in snapshot.workloads
        assert f"{kind}/shop/unused" not in snapshot.workloads, "only what pods have for an owner"
        assert client.rounds[1:] == [1]


def test_injectors_of_other_revisions() -> None:
    canary = m.webhooks("istio-sidecar-injector-canary", "canary")
    tag = m.webhooks("istio-revision-tag-prod", "canary", labels={"istio.io/tag": "prod"})
    config = m.configmap("istio-sidecar-injector-canary", data={"config": "policy: disabled\n"})
    client = FakeClient(*CLUSTER, canary, tag, config)
    snapshot = read(client, SHOP)
    assert names(snapshot.injectors) == ["istio-sidecar-injector", "istio-sidecar-injector-canary"]
    assert client.rounds == [15, 1]


def test_no_further_injectors_are_asked_for_in_vain() -> None:
    canary = m.webhooks("istio-sidecar-injector-canary", "canary")
    client = FakeClient(*CLUSTER, canary, refused={"list configmaps", "get configmaps"})
    snapshot = read(client, SHOP)
    assert isinstance(snapshot.injectors, Unread)
    assert client.rounds == [15]


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
    assert isinstance(snapshot.namespaces["shop"], Namespace)
    assert list(snapshot.workloads) == ["Deployment/shop/web", "StatefulSet/shop/db"]
    told = {
        "nodes": "cannot list nodes: forbidden",
        "cni_daemonsets": "cannot list daemonsets of istio-cni: forbidden",
        "cni_config": "cannot get configmap istio-cni-config: forbidden",
        "cni_pods": "cannot list pods of istio-cni: forbidden",
        "ztunnel_pods": "cannot list pods of ztunnel: forbidden",
        "webhooks": "cannot list mutatingwebhookconfigurations: forbidden",
        "injectors": "cannot get configmap istio-sidecar-injector: forbidden",
        "istiods": "cannot list deployments of istiod: forbidden",
    }
    assert {field: str(getattr(snapshot, field)) for field in told} == told


def test_a_refused_node_makes_all_nodes_unread() -> None:
    snapshot = read(FakeClient(*CLUSTER, refused={"get nodes"}), n.of_pods("shop", ["db-0"]))
    assert snapshot.nodes == Unread(what="get node n2", why="forbidden")


def test_refused_agents_of_a_node() -> None:
    snapshot = read(FakeClient(*CLUSTER, refused={"list pods *"}), n.of_pods("shop", ["db-0"]))
    assert snapshot.cni_pods == Unread(what="list pods of istio-cni on n2", why="forbidden")


def test_refused_workloads() -> None:
    snapshot = read(FakeClient(*CLUSTER, refused={"list deployments shop", "list events"}), SHOP)
    assert snapshot.unread_workloads == {"Deployment/shop/web": Unread(what="get deployment web", why="forbidden")}
    assert snapshot.events == Unread(what="list events", why="forbidden")
    snapshot = read(
        FakeClient(*CLUSTER, refused={"get deployments", "get replicasets"}), n.of_pods("shop", ["web-5d9f-1"])
    )
    assert str(snapshot.unread_workloads["Deployment/shop/web"]) == "cannot get deployment web: forbidden"


def test_refusals_in_all_namespaces() -> None:
    refused = {"list namespaces", "list daemonsets", "list deployments"}
    snapshot = read(FakeClient(*CLUSTER, refused=refused), ALL)
    assert set(snapshot.namespaces) == {"shop", "plain", "istio-system"}
    assert snapshot.namespaces["shop"] == Unread(what="list namespaces", why="forbidden")
    assert str(snapshot.cni_daemonsets) == "cannot list daemonsets: forbidden"
    assert str(snapshot.istiods) == "cannot list deployments: forbidden"
    assert names(snapshot.cni_pods) == ["istio-cni-node-1", "istio-cni-node-2"]


def test_an_owner_that_is_gone() -> None:
    orphan = m.pod("orphan", owner="StatefulSet/gone")
    snapshot = read(FakeClient(*CLUSTER, orphan), SHOP)
    assert str(snapshot.unread_workloads["StatefulSet/shop/gone"]) == "cannot get statefulset gone: not found"


@pytest.mark.parametrize("kind", ["StatefulSet.apps.kruise.io", "Job.batch.volcano.sh", "ReplicaSet.example.com"])
@pytest.mark.parametrize("need", [SHOP, n.of_pods("shop", ["odd"])])
def test_an_owner_of_another_group_is_not_looked_for_among_the_built_in_ones(kind: str, need: Needs) -> None:
    built_in = m.workload(kind.partition(".")[0], "x")
    client = FakeClient(built_in, m.pod("odd", owner=f"{kind}/x"))
    snapshot = read(client, need)
    assert snapshot.unread_workloads == {
        f"{kind}/shop/x": Unread(what=f"get {kind.lower()} x", why="a kind that is not read")
    }
    assert not any("get" in request and " x" in request for request in client.requests)


def test_a_pod_of_another_kind_is_no_pod_of_the_job_of_that_name() -> None:
    stranger = m.pod("stranger", labels={"job-name": "nightly-1"}, owner="Job.batch.volcano.sh/nightly-1")
    job = m.workload("Job", "nightly-1", owner="CronJob/nightly")
    client = FakeClient(m.workload("CronJob", "nightly"), job, stranger)
    assert read(client, n.of_workloads("shop", [Owner(kind="CronJob", name="nightly")])).pods == []


@pytest.mark.parametrize("home", ["istio-system", "kube-system"])
def test_configmaps_by_get_where_they_may_not_be_listed(home: str) -> None:
    config = m.configmap("istio-cni-config", home, data={"AMBIENT_ENABLED": "true"})
    snapshot = read(FakeClient(config, refused={"list configmaps"}), SHOP)
    assert names(snapshot.cni_config) == ["istio-cni-config"]
    assert snapshot.injectors == Unread(what="get configmap istio-sidecar-injector", why="forbidden"), "or elsewhere"


@pytest.mark.parametrize("verb", ["list", "get"])
def test_configmaps_that_fail_otherwise_are_not_looked_for_elsewhere(verb: str) -> None:
    client = FakeClient(m.configmap("istio-cni-config", "kube-system"), refused={"list configmaps"})
    client.errors = {f"{verb} configmaps": ApiError(500, "InternalError", "etcd is away")}
    snapshot = read(client, SHOP)
    assert snapshot.cni_config == Unread(what="get configmap istio-cni-config", why="etcd is away")


def test_a_replication_controller_by_name() -> None:
    controller = m.workload("ReplicationController", "rc")
    pod = m.pod("rc-1", labels={"app": "rc"}, owner="ReplicationController/rc")
    client = FakeClient(*CLUSTER, controller, pod)
    snapshot = read(client, n.of_workloads("shop", [Owner(kind="ReplicationController", name="rc")]))
    assert names(snapshot.pods) == ["rc-1"]
    assert "list pods shop app=rc" in client.requests


def test_a_resource_type_that_is_not_served_is_empty() -> None:
    client = FakeClient(*CLUSTER)
    client.missing = {"mutatingwebhookconfigurations", "jobs"}
    snapshot = read(client, SHOP)
    assert snapshot.webhooks == []


def test_a_list_that_begins_anew() -> None:
    client = FakeClient(*CLUSTER)
    client.restart_lists = True
    snapshot = read(client, ALL)
    assert len(snapshot.pods) == 7
    assert istio(snapshot) == ISTIO


def test_small_pages() -> None:
    client = FakeClient(*CLUSTER)
    assert len(read(client, n.of_scope(Scope(), chunk_size=2)).pods) == 7


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
    assert snapshot.nodes == Unread(what="list nodes", why=why)
    assert len(snapshot.pods) == 3


def test_a_bad_object_hides_no_other() -> None:
    client = FakeClient(*CLUSTER, m.pod("odd", spec={"hostNetwork": "yes"}))
    snapshot = read(client, SHOP)
    assert len(snapshot.pods) == 3
    assert [bad.name for bad in client.bad_objects] == ["odd"]
