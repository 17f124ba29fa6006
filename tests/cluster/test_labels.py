"""The readers of labels: what is asked of a cluster, and the same facts from files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kubectl_ambient.cluster.facts import Owner, Unread
from kubectl_ambient.cluster.kinds.labelled import LISTED, TEMPLATED, Labelled
from kubectl_ambient.cluster.label_keys import concerns_istio, distance, is_domain
from kubectl_ambient.cluster.needs.labels import SETTINGS, LabelNeeds, of_scope, refused_lists
from kubectl_ambient.cluster.problem import Problem
from kubectl_ambient.cluster.reading.label_files import read_label_files
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.errors import ApiError
from kubectl_ambient.kube.resources import find_resource
from tests.cluster import manifests_of as m
from tests.cluster.fake_client import FakeClient
from tests.cluster.manifests_of import Manifest
from tests.cluster.shop import read as live

MODE, WAYPOINT = "istio.io/dataplane-mode", "istio.io/use-waypoint"
AMBIENT = {MODE: "ambient"}
HASHED = {"app": "web", "pod-template-hash": "5d9f", **AMBIENT}


def any_object(kind: str, name: str, labels: Any, namespace: str = "shop", **annotations: Any) -> Manifest:
    resource = find_resource(kind)
    metadata = {"name": name, "labels": labels, "annotations": annotations}
    if resource.namespaced:
        metadata["namespace"] = namespace
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, "spec": {}}


CLUSTER = [
    m.namespace("shop", {**AMBIENT, "team": "a"}),
    m.namespace("other"),
    m.pod("web-5d9f-1", labels=HASHED, owner="ReplicaSet/web-5d9f"),
    any_object("services", "web", {WAYPOINT: "wp", "app": "web"}),
    any_object("services", "api", {WAYPOINT: "wp"}, "other"),
    m.workload("Deployment", "web", labels={MODE: "none"}, template={"metadata": {"labels": AMBIENT}}),
    {
        **any_object("workloadentries", "vm", AMBIENT),
        "spec": {"address": "1.2.3.4", "labels": {WAYPOINT: "wp", "a": "b"}},
    },
    m.workload("CronJob", "nightly", template={"metadata": {"labels": AMBIENT}}),
    m.workload("Job", "nightly-1", template={"metadata": {"labels": AMBIENT}}, owner="CronJob/nightly"),
    any_object("gateways", "wp", {"istio.io/waypoint-for": "all"}),
    any_object("gatewayclasses", "istio-waypoint", {"istio.io/waypoint-for": "all"}),
    any_object("authorizationpolicies", "deny", {}, **{"istio.io/dry-run": "true", "note": "x"}),
    any_object("services", "wp", {"gateway.istio.io/managed": "istio.io-mesh-controller"}),
    m.workload("DaemonSet", "istio-cni-node", "istio-system", labels={"k8s-app": "istio-cni-node"}),
    m.configmap("istio-cni-config", data={"AMBIENT_ENABLED": "true"}),
]


def refs(snapshot: Snapshot) -> list[str]:
    return [labelled.ref for labelled in snapshot.labelled]


def by_ref(snapshot: Snapshot) -> dict[str, Labelled]:
    assert list(snapshot.labelled.facts) == refs(snapshot)
    return snapshot.labelled.facts


def read_files(path: Path, label_selector: str = "") -> tuple[Snapshot, list[Problem]]:
    return read_label_files(SETTINGS, label_selector, [str(path)])


def in_files(path: Path, *objects: Manifest, label_selector: str = "") -> Snapshot:
    file = path / "all.json"
    file.write_text(m.listed(*objects))
    snapshot, problems = read_files(file, label_selector)
    assert problems == []
    return snapshot


def test_only_what_concerns_istio_is_kept() -> None:
    found = by_ref(live(FakeClient(*CLUSTER), of_scope("")))
    assert found["Namespace/shop"].labels == AMBIENT
    assert found["Service/shop/web"].labels == {WAYPOINT: "wp"}
    assert found["AuthorizationPolicy/shop/deny"].annotations == {"istio.io/dry-run": "true"}
    web = found["Deployment/shop/web"]
    assert (web.labels, web.template_labels) == ({MODE: "none"}, AMBIENT)
    assert found["Pod/shop/web-5d9f-1"].owner == Owner(kind="Deployment", name="web")
    entry = found["WorkloadEntry/shop/vm"]
    assert (entry.spec_labels, entry.effective_labels) == ({WAYPOINT: "wp"}, {WAYPOINT: "wp", **AMBIENT})
    assert found["CronJob/shop/nightly"].template_labels == AMBIENT
    nightly = found["Job/shop/nightly-1"]
    assert (nightly.template_labels, nightly.owner) == (AMBIENT, Owner(kind="CronJob", name="nightly"))
    assert found["Service/shop/wp"].istios
    assert found["GatewayClass/istio-waypoint"].namespace == ""


def test_the_specs_of_gateways_tell_whose_they_are_and_what_their_pods_are_labelled(tmp_path: Path) -> None:
    whole = any_object("gateways", "http", {MODE: "none"})
    whole["spec"] = {"gatewayClassName": "edge", "infrastructure": {"labels": {"team": "a", MODE: "none"}}}
    empty = any_object("gateways", "empty", {})
    empty["spec"] = {"gatewayClassName": "edge", "infrastructure": {"labels": {}}}
    odd = any_object("gateways", "odd", {MODE: "none"})
    odd["spec"] = {"gatewayClassName": "edge", "infrastructure": {"labels": {}}, "listeners": 7}
    of_class = any_object("gatewayclasses", "edge", {})
    of_class["spec"] = {"controllerName": "istio.io/gateway-controller"}
    for found in (
        by_ref(live(FakeClient(whole, empty, of_class), of_scope(""))),
        by_ref(in_files(tmp_path, whole, empty, of_class, odd)),
    ):
        assert (found["Gateway/shop/http"].class_name, found["Gateway/shop/http"].infrastructure) == (
            "edge",
            {MODE: "none"},
        )
        assert found["Gateway/shop/empty"].infrastructure == {}
        assert found["GatewayClass/edge"].controller == "istio.io/gateway-controller"
    assert found["Gateway/shop/odd"].labels == {MODE: "none"}
    assert found["Gateway/shop/odd"].infrastructure is None


def test_everything_is_listed_once_as_metadata_in_one_round() -> None:
    client = FakeClient(*CLUSTER)
    live(client, of_scope(""))
    asked = [request for request in client.requests if request.startswith("list")]
    for kind in LISTED:
        resource = find_resource(kind)
        where = f"list {resource.plural}" + (" *" if resource.namespaced else "")
        suffix = "" if kind in (*TEMPLATED, "WorkloadEntry", "Gateway", "GatewayClass") else " (metadata)"
        assert asked.count(f"{where}{suffix}") == 1, kind
    assert len(client.rounds) == 1


def test_one_namespace_is_read_by_get() -> None:
    client = FakeClient(*CLUSTER)
    found = live(client, of_scope("shop"))
    assert "get namespaces shop (metadata)" in client.requests or "get namespaces (metadata)" in " ".join(
        client.requests
    )
    assert not [request for request in client.requests if "gatewayclasses" in request or "list namespaces" in request]
    assert "Namespace/shop" in refs(found)
    assert "Service/other/api" not in refs(found)


def test_a_named_object_needs_itself_and_its_namespace() -> None:
    config = {"list configmaps", "get configmaps", "list daemonsets", "list deployments"}
    client = FakeClient(
        *CLUSTER, refused={*config, "list mutatingwebhookconfigurations", "list pods", "list namespaces"}
    )
    found = live(client, LabelNeeds(namespace="shop", named=(("Pod", "web-5d9f-1"),)))
    assert refs(found) == ["Pod/shop/web-5d9f-1"]
    assert isinstance(found.labelled_namespaces.get("shop"), Labelled)
    assert found.cni_config.refusal
    assert (found.missing, refused_lists(found)) == ({}, [])


def test_what_is_not_there_and_what_is_refused() -> None:
    client = FakeClient(
        *CLUSTER, refused={"list services *", "list jobs *"}, missing={"gateways", "gatewayclasses", "serviceentries"}
    )
    found = live(client, of_scope(""))
    assert refused_lists(found) == ["cannot list services: forbidden", "cannot list jobs: forbidden"]
    assert "Deployment/shop/web" in refs(found)
    assert "Gateway/shop/wp" not in refs(found)
    absent = live(FakeClient(*CLUSTER), LabelNeeds(namespace="shop", named=(("Service", "no"), ("Namespace", "nope"))))
    assert absent.missing == {
        "Namespace/nope": 'Error from server (NotFound): namespaces "nope" not found',
        "Service/shop/no": 'Error from server (NotFound): services "no" not found',
    }
    assert refused_lists(absent) == []


def test_where_every_list_is_refused_there_is_no_answer() -> None:
    refused = {f"list {find_resource(kind).plural}" for kind in LISTED}
    with pytest.raises(ApiError, match="forbidden"):
        live(FakeClient(*CLUSTER, refused=refused), of_scope(""))


def test_a_selector_chooses_on_the_server() -> None:
    client = FakeClient(*CLUSTER)
    found = live(client, of_scope("", label_selector="app=web"))
    assert refs(found) == ["Pod/shop/web-5d9f-1", "Service/shop/web"]
    assert isinstance(found.labelled_namespaces.get("shop"), Labelled)


def test_a_list_that_begins_anew_counts_once() -> None:
    client = FakeClient(*CLUSTER)
    client.restart_lists = True
    assert len(refs(live(client, of_scope("")))) == len(set(refs(live(FakeClient(*CLUSTER), of_scope("")))))


def test_files_give_the_same_facts(tmp_path: Path) -> None:
    there = by_ref(live(FakeClient(*CLUSTER), of_scope("")))
    assert by_ref(in_files(tmp_path, *CLUSTER)) == there


def test_a_selector_chooses_in_files(tmp_path: Path) -> None:
    found = in_files(tmp_path, *CLUSTER, label_selector="app=web")
    assert refs(found) == ["Pod/shop/web-5d9f-1", "Service/shop/web"]
    assert isinstance(found.labelled_namespaces.get("shop"), Labelled)
    assert isinstance(found.labelled_namespaces.get("istio-system"), Unread)


def test_templates_of_every_kind_of_workload(tmp_path: Path) -> None:
    kinds = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob")
    found = in_files(tmp_path, *(m.workload(k, template={"metadata": {"labels": AMBIENT}}) for k in kinds))
    assert {o.kind: o.template_labels for o in found.labelled} == dict.fromkeys(kinds, AMBIENT)


def test_what_a_workload_made_is_left_out(tmp_path: Path) -> None:
    made = m.workload("ReplicaSet", "web-5d9f", labels=AMBIENT, owner="Deployment/web")
    assert in_files(tmp_path, made).labelled.facts == {}


def test_an_owner_of_another_group_is_another_thing(tmp_path: Path) -> None:
    made = m.pod("db-0", labels=AMBIENT, owner="StatefulSet.apps.kruise.io/db")
    wanted = Owner(kind="StatefulSet.apps.kruise.io", name="db")
    assert [o.owner for o in in_files(tmp_path, made).labelled] == [wanted]
    assert by_ref(live(FakeClient(made), of_scope("shop")))["Pod/shop/db-0"].owner == wanted


def test_the_gateway_of_another_group_is_another_thing(tmp_path: Path) -> None:
    other = {"apiVersion": "networking.istio.io/v1", "kind": "Gateway", "metadata": {"name": "x", "labels": AMBIENT}}
    assert in_files(tmp_path, other).labelled.facts == {}


@pytest.mark.parametrize(
    ("labels", "key", "why"),
    [
        ({"istio.io./waypoint-for": "all"}, "istio.io./waypoint-for", "prefix part a lowercase RFC 1123 subdomain"),
        ({WAYPOINT: "infra/wp"}, WAYPOINT, "a valid label must be an empty string or consist of"),
        ({WAYPOINT: "x" * 64}, WAYPOINT, "must be no more than 63 bytes"),
        (
            {"istio.io/ingress-use-waypoint": True},
            "istio.io/ingress-use-waypoint",
            "expected a string, got a boolean true",
        ),
        ({"istio.io/use-waypoint/x": "wp"}, "istio.io/use-waypoint/x", "with an optional DNS subdomain prefix"),
    ],
)
def test_what_an_api_server_refuses(tmp_path: Path, labels: dict[str, Any], key: str, why: str) -> None:
    (found,) = in_files(tmp_path, any_object("services", "web", labels)).labelled
    (refused,) = found.refused
    assert (refused.field, refused.key) == ("metadata.labels", key)
    assert why in refused.why


def test_the_labels_of_a_spec_take_any_key_but_only_text(tmp_path: Path) -> None:
    labels = {"istio.io./x": "a/b", "istio.io/rev": True}
    entry = {**any_object("workloadentries", "vm", {}), "spec": {"labels": labels}}
    (found,) = in_files(tmp_path, entry).labelled
    assert [(r.field, r.key, r.value) for r in found.refused] == [("spec.labels", "istio.io/rev", "true")]
    (tmp_path / "bad.json").write_text(json.dumps({**entry, "spec": {"labels": []}}))
    _, (problem,) = read_files(tmp_path / "bad.json")
    assert "spec.labels: expected an object" in str(problem)


def test_values_of_annotations_are_free_but_text(tmp_path: Path) -> None:
    weight = "istio.io/use-waypoint-canary-weight"
    (found,) = in_files(tmp_path, any_object("services", "web", None, **{weight: 10, "istio.io/x": "a/b c"})).labelled
    assert [(r.key, r.value) for r in found.refused] == [(weight, "10")]
    assert found.annotations == {weight: "10", "istio.io/x": "a/b c"}


def test_bad_files_are_told_and_hide_nothing(tmp_path: Path) -> None:
    good = json.dumps(any_object("services", "web", {WAYPOINT: "wp"}))
    (tmp_path / "a.yaml").write_text(f"kind: Service\n---\na: [\n---\n{good}\n")
    bad = any_object("services", "odd", ["x"])
    (tmp_path / "b.json").write_text(json.dumps(bad))
    snapshot, problems = read_files(tmp_path)
    assert refs(snapshot) == ["Service/shop/web"]
    assert len(problems) == 3
    assert "metadata.labels: expected an object" in str(problems[-1])


def test_how_keys_are_told_apart() -> None:
    for key in (MODE, "istio-injection", "isto.io/rev", "use-waypoint", "data-plane.example/x-dataplane"):
        assert concerns_istio(key), key
    for key in ("app", "app.kubernetes.io/name", "kmesh.net/x", "solo.io/x", "k8s.io/x", "team"):
        assert not concerns_istio(key), key
    assert is_domain("ambient.istio.io")
    assert not is_domain("")
    assert [distance(a, b) for a, b in (("ab", "ba"), ("abc", "abc"), ("", "ab"), ("kitten", "sitting"))] == [
        1,
        0,
        2,
        3,
    ]


def test_istio_in_two_namespaces_is_read_as_in_a_cluster(tmp_path: Path) -> None:
    places = ("istio-system", "kube-system")
    several = [
        *(m.configmap("istio-cni-config", place, data={"AMBIENT_ENABLED": place}) for place in places),
        *(m.workload("DaemonSet", "istio-cni-node", place, labels={"k8s-app": "istio-cni-node"}) for place in places),
        *(m.workload("Deployment", "istiod", place, labels={"app": "istiod"}) for place in places),
        m.webhooks("a"),
        m.webhooks("b"),
    ]
    read = live(FakeClient(*several), of_scope(""))
    again = in_files(tmp_path, *several, *several[::2])  # of what comes twice, the last counts
    for field in ("cni_config", "cni_daemonsets", "istiods", "webhooks"):
        assert len(getattr(again, field)) == 2
        assert getattr(again, field).known == getattr(read, field).known
