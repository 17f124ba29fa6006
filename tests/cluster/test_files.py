from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kubectl_ambient.cluster.facts import Namespace, Owner, Unread
from kubectl_ambient.cluster.paths import Source, sources
from kubectl_ambient.cluster.problem import Problem
from kubectl_ambient.cluster.reading.files import read_files
from kubectl_ambient.cluster.snapshot import Snapshot
from tests.cluster import manifests_of as m

POD = """
apiVersion: v1
kind: Pod
metadata: {name: good, namespace: shop}
"""


def read(text: str, tmp_path: Path, name: str = "in.yaml", **options: object) -> tuple[Snapshot, list[str]]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    snapshot, problems = read_files([str(path)], **options)  # type: ignore[arg-type]
    return snapshot, [str(problem).removeprefix(f"{path}: ") for problem in problems]


def names(snapshot: Snapshot) -> list[str]:
    return [f"{pod.namespace}/{pod.name}" for pod in snapshot.pods]


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ("a: [", "document 2: not YAML: did not find expected node content (line 7)"),
        ("just text", "document 2: a text, where a Kubernetes object is wanted"),
        ("5", "document 2: a number, where a Kubernetes object is wanted"),
        ("- a", "document 2: a list, where a Kubernetes object is wanted"),
        ("replicas: 1", "document 2: no Kubernetes object: kind is not set"),
        ("kind: Pod\nmetadata: {name: x}", "document 2: no Kubernetes object: apiVersion is not set"),
        ("kind: [Pod]\napiVersion: v1", "document 2: no Kubernetes object: kind is not a text"),
        ("kind: Pod\napiVersion: v1", "document 2: Pod: metadata is not set"),
        ("kind: Pod\napiVersion: v1\nmetadata: x", 'document 2: Pod: metadata: expected an object, got a string "x"'),
        ("kind: Pod\napiVersion: v1\nmetadata: {}", "document 2: Pod: metadata.name is not set"),
        (
            "kind: Pod\napiVersion: v1\nmetadata: {name: n}",
            "document 2: Pod: metadata.name: expected a string, got a boolean false (put it in quotes)",
        ),
        (
            "kind: Pod\napiVersion: v1\nmetadata: {name: x, namespace: [a]}",
            "document 2: Pod: metadata.namespace: expected a string, got a list",
        ),
        (
            "kind: Pod\napiVersion: v1\nmetadata: {name: x}\nspec: {hostNetwork: 'no'}",
            'document 2: Pod/default/x: spec.hostNetwork: expected a boolean, got a string "no"',
        ),
        (
            "kind: Pod\napiVersion: v1\nmetadata: {name: x, labels: {a: b, mesh: on}}",
            "document 2: Pod/default/x: metadata.labels[mesh]: expected a string, "
            "got a boolean true (put it in quotes)",
        ),
        (
            "kind: Pod\napiVersion: v1\nmetadata: {name: x, annotations: {sidecar.istio.io/inject: false}}",
            "document 2: Pod/default/x: metadata.annotations[sidecar.istio.io/inject]: expected a string, "
            "got a boolean false (put it in quotes)",
        ),
        (
            "kind: Pod\napiVersion: v1\nmetadata: {name: x}\nspec: {containers: [{}, {env: [{name: A, value: 1}]}]}",
            "document 2: Pod/default/x: spec.containers[1].env[0].value: expected a string, "
            "got a whole number 1 (put it in quotes)",
        ),
        (
            "kind: Pod\napiVersion: v1\nmetadata: {name: x}\nspec: {containers: {}}",
            "document 2: Pod/default/x: spec.containers: expected a list, got an object",
        ),
        (
            "kind: Pod\napiVersion: v1\nmetadata: {name: x}\nspec: [a]",
            "document 2: Pod/default/x: spec: expected an object, got a list",
        ),
        (
            "kind: Pod\napiVersion: v1\nmetadata: {name: x, creationTimestamp: yesterday}",
            "document 2: Pod/default/x: metadata.creationTimestamp: Invalid RFC3339 encoded datetime",
        ),
        (
            "kind: Pod\napiVersion: v1\nmetadata: {name: x, creationTimestamp: 2026-01-01T00:00:00}",
            "document 2: Pod/default/x: metadata.creationTimestamp: Expected `datetime` with a timezone component",
        ),
        (
            "kind: Pod\napiVersion: v1\nmetadata: {name: x, ownerReferences: [{kind: Job}]}",
            "document 2: Pod/default/x: metadata.ownerReferences[0]: Object missing required field `name`",
        ),
        ("kind: PodList\napiVersion: v1\nitems: 5", "document 2: PodList: items is no list"),
        (
            "kind: List\napiVersion: v1\nitems: [{}, 5]",
            "document 2: items[0]: no Kubernetes object: kind is not set\n"
            "document 2: items[1]: a number, where a Kubernetes object is wanted",
        ),
    ],
)
def test_bad_input_is_told_and_hides_nothing(bad: str, problem: str, tmp_path: Path) -> None:
    snapshot, problems = read(f"{POD}---\n{bad}\n---{POD.replace('good', 'later')}", tmp_path)
    assert problems == problem.split("\n")
    assert names(snapshot) == ["shop/good", "shop/later"]


def test_a_document_that_is_alone_has_no_number(tmp_path: Path) -> None:
    assert read("a: b\n", tmp_path)[1] == ["no Kubernetes object: kind is not set"]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n---\n", "null", "--- ~\n"])
def test_an_empty_file_is_told(text: str, tmp_path: Path) -> None:
    assert read(text, tmp_path)[1] == ["empty: no object in it"]


def test_an_empty_list_is_no_mistake(tmp_path: Path) -> None:
    assert read("kind: List\napiVersion: v1\nitems: []\n", tmp_path)[1] == []
    assert read("kind: PodList\napiVersion: v1\nitems: null\n", tmp_path)[1] == []
    assert read('{"kind": "List", "apiVersion": "v1", "items": []}', tmp_path)[1] == []


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    _, (problem,) = read_files([str(tmp_path / "no")])
    assert str(problem) == f'the path "{tmp_path}/no" does not exist'


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: \xff\n")
    assert read_files([str(path)])[1] == [Problem(file=str(path), why="not UTF-8 text (line 1)")]


@pytest.mark.skipif(os.name == "nt", reason="permissions")
def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.symlink_to(tmp_path / "gone")
    good = tmp_path / "good.yaml"
    good.write_text(POD)
    snapshot, (problem,) = read_files([str(tmp_path)])
    assert str(problem) == f"{broken}: cannot be read: No such file or directory"
    assert names(snapshot) == ["shop/good"]


def test_a_url_is_refused() -> None:
    _, (problem,) = read_files(["https://example.com/x.yaml"])
    assert str(problem) == '"https://example.com/x.yaml" is a URL: download it, and pass the file'


def test_a_folder_as_kubectl_reads_it(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "c.json", "d.txt", "sub/e.yaml", "sub/deep/f.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(POD.replace("good", path.stem))
    assert names(read_files([str(tmp_path)])[0]) == ["shop/a", "shop/b", "shop/c"]
    whole = [f"shop/{name}" for name in ("a", "b", "c", "e", "f")]
    assert names(read_files([str(tmp_path)], recursive=True)[0]) == whole
    in_turn = [Path(found.path).stem for found in sources([str(tmp_path)], recursive=True) if isinstance(found, Source)]
    assert in_turn == ["a", "b", "c", "f", "e"]
    assert names(read_files([str(tmp_path / "d.txt")])[0]) == ["shop/d"], "a named file of any extension"
    assert names(read_files([str(tmp_path / "*.y*ml")])[0]) == ["shop/a", "shop/b"], "a pattern"


def test_a_folder_without_manifests(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("x")
    _, (problem,) = read_files([str(tmp_path)])
    assert str(problem) == f"error reading [{tmp_path}]: recognized file extensions are [.json .yaml .yml]"


def test_standard_input() -> None:
    snapshot, problems = read_files(["-"], stdin=io.BytesIO(b"\xef\xbb\xbf" + POD.encode() + b"---\nx"))
    assert names(snapshot) == ["shop/good"]
    assert [str(problem) for problem in problems] == ["-: document 2: a text, where a Kubernetes object is wanted"]


def test_the_last_of_two_counts(tmp_path: Path) -> None:
    again = POD.replace("namespace: shop}", "namespace: shop, labels: {a: b}}")
    snapshot, _ = read(f"{POD}---{again}", tmp_path)
    assert [pod.labels for pod in snapshot.pods] == [{"a": "b"}]


def test_facts_come_in_the_order_of_a_server(tmp_path: Path) -> None:
    pods = [json.dumps(m.pod(name, place)) for name, place in (("web", "a"), ("cart", "a"), ("api", "a-b"))]
    for some in (pods, pods[::-1]):
        snapshot, _ = read("\n---\n".join(some), tmp_path)
        assert list(snapshot.pods.facts) == ["a-b/api", "a/cart", "a/web"]


def test_lists_are_taken_apart(tmp_path: Path) -> None:
    text = """
kind: List
apiVersion: v1
items:
- {kind: Pod, apiVersion: v1, metadata: {name: a}}
- kind: PodList
  apiVersion: v1
  items:
  - metadata: {name: b}
- {kind: NamespaceList, apiVersion: v1, items: [{metadata: {name: shop}}]}
- {kind: DeploymentList, apiVersion: apps/v1, items: [{metadata: {name: web}}]}
"""
    snapshot, problems = read(text, tmp_path)
    assert problems == []
    assert names(snapshot) == ["default/a", "default/b"]
    assert isinstance(snapshot.namespaces.get("shop"), Namespace)
    assert list(snapshot.workloads.facts) == ["Deployment/default/web"]


def test_objects_without_a_namespace(tmp_path: Path) -> None:
    text = "kind: Pod\napiVersion: v1\nmetadata: {name: x}\n---\nkind: Node\napiVersion: v1\nmetadata: {name: n1}\n"
    assert names(read(text, tmp_path)[0]) == ["default/x"]
    snapshot, _ = read(text, tmp_path, namespace="team")
    assert names(snapshot) == ["team/x"]
    assert list(snapshot.nodes.facts) == ["n1"]


def test_other_kinds_are_passed_over(tmp_path: Path) -> None:
    text = "\n---\n".join(
        [
            "kind: Secret\napiVersion: v1\nmetadata: {name: s, labels: {a: 5}}",
            "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\nresources: []",
            "kind: Deployment\napiVersion: example.com/v1\nmetadata: {name: not-ours}",
            "kind: ConfigMap\napiVersion: v1\nmetadata: {name: app}\ndata: {n: 5}",
            "kind: AllowList\napiVersion: example.com/v1\nspec: {}",
        ]
    )
    snapshot, problems = read(text, tmp_path)
    assert problems == []
    assert snapshot.workloads.facts == {}


def test_what_no_file_holds(tmp_path: Path) -> None:
    snapshot, _ = read(m.listed(m.pod(owner="StatefulSet/db")), tmp_path, "in.json")

    def absent(what: str) -> Unread:
        return Unread(what=what, why="not in the files")

    assert snapshot.from_files
    assert snapshot.now is None
    assert (snapshot.namespaces.facts, snapshot.namespaces.unread) == ({}, {"shop": absent("get namespace shop")})
    silent = {
        "nodes": "list nodes",
        "webhooks": "list mutatingwebhookconfigurations",
        "injectors": "get configmap istio-sidecar-injector",
        "istiods": "list deployments of istiod",
        "events": "list events",
    }
    for part, what in silent.items():
        found = getattr(snapshot, part)
        assert found.why_unread() == found.refusal == absent(what)
        assert found.facts == {}
    assert snapshot.workloads.unread == {"StatefulSet/shop/db": absent("get statefulset db")}
    agents = {
        "cni_daemonsets": "list daemonsets of istio-cni",
        "cni_pods": "list pods of istio-cni",
        "ztunnel_pods": "list pods of ztunnel",
        "cni_config": "get configmap istio-cni-config",
    }
    for part, what in agents.items():
        assert getattr(snapshot, part).refusal == absent(what)


def test_what_no_file_holds_is_not_there_where_files_are_all(tmp_path: Path) -> None:
    snapshot, _ = read(m.listed(m.pod()), tmp_path, "in.json", whole=True)
    for found in (snapshot.cni_daemonsets, snapshot.cni_pods, snapshot.ztunnel_pods, snapshot.gateways):
        assert (found.facts, found.refusal) == ({}, None)
        assert found.covers("shop")
    assert snapshot.cni_config.refusal is None, "there is nothing that it could configure"
    assert snapshot.nodes.refusal is not None, "there is no cluster without them"


SERVED = {"uid": "1"}


@pytest.mark.parametrize(
    ("beside", "why"),
    [
        ([], ""),
        ([m.workload("Deployment", "coredns", "kube-system")], ""),
        ([m.namespace("kube-system"), m.namespace("istio-system")], ""),
        ([m.node()], ""),
        ([m.node(), m.namespace("istio-system"), m.namespace("kube-system")], ""),
        ([m.pod("coredns", "kube-system")], "for they hold objects of kube-system"),
        ([m.configmap("root", "kube-public", metadata=SERVED)], "for they hold objects of kube-public"),
        ([m.node(), m.namespace("istio-system")], "for they hold Nodes and namespace istio-system"),
        (
            [m.node(), m.workload("Deployment", "istiod", "mesh", labels={"app": "istiod"})],
            "for they hold Nodes and namespace mesh",
        ),
    ],
)
def test_what_shows_that_files_are_the_whole_cluster(beside: list[m.Manifest], why: str, tmp_path: Path) -> None:
    snapshot, _ = read(m.listed(m.namespace("shop"), m.pod(), *beside), tmp_path, "in.json")
    assert snapshot.whole == why
    pods = why != "" and "kube-public" not in why
    assert snapshot.pods.covers("shop") is pods
    assert (snapshot.cni_daemonsets.refusal is None) is pods
    assert snapshot.gateways.refusal is not None, "a kind that occurs nowhere was not asked for"


@pytest.mark.parametrize(
    "agent",
    [
        m.pod("istio-cni-node-x", "istio-system", labels={"k8s-app": "istio-cni-node"}),
        m.workload("DaemonSet", "istio-cni-node", "istio-system", labels={"k8s-app": "istio-cni-node"}),
    ],
)
def test_the_configuration_is_missed_where_there_is_an_agent(agent: m.Manifest, tmp_path: Path) -> None:
    snapshot, _ = read(m.listed(agent), tmp_path)
    assert snapshot.cni_config.refusal == Unread(what="get configmap istio-cni-config", why="not in the files")
    config = m.configmap("istio-cni-config", data={"AMBIENT_ENABLED": "true"})
    snapshot, _ = read(m.listed(agent, config), tmp_path)
    assert [c.data for c in snapshot.cni_config] == [{"AMBIENT_ENABLED": "true"}]


def test_istio_is_found(tmp_path: Path) -> None:
    snapshot, problems = read(
        m.listed(
            m.node(),
            m.namespace(),
            m.pod("istio-cni-node-x", "kube-system", labels={"k8s-app": "istio-cni-node"}),
            m.pod("ztunnel-x", "kube-system", labels={"app": "ztunnel"}),
            m.workload("DaemonSet", "istio-cni-node", "kube-system", labels={"k8s-app": "istio-cni-node"}),
            m.workload("DaemonSet", "other", "kube-system"),
            m.workload("Deployment", "istiod", "istio-system", labels={"app": "istiod"}),
            m.webhooks(),
            m.configmap("istio-sidecar-injector", data={"config": "policy: disabled\n"}),
            m.configmap("istio-sidecar-injector-canary", data={"config": "policy: enabled\n"}),
            m.event("web-1"),
        ),
        tmp_path,
    )
    assert problems == []
    found = {
        "cni_daemonsets": ["istio-cni-node"],
        "cni_pods": ["istio-cni-node-x"],
        "ztunnel_pods": ["ztunnel-x"],
        "istiods": ["istiod"],
        "webhooks": ["namespace.sidecar-injector.istio.io"],
        "injectors": ["istio-sidecar-injector", "istio-sidecar-injector-canary"],
    }
    assert {field: [fact.name for fact in getattr(snapshot, field)] for field in found} == found
    assert [event.name for event in snapshot.events] == ["web-1"]
    assert snapshot.nodes.facts.keys() == {"n1"}


def test_webhooks_of_others_are_evidence_too(tmp_path: Path) -> None:
    other = m.webhooks("cert-manager", labels={"app": "cert-manager"}, webhook={"name": "webhook.cert-manager.io"})
    assert read(m.listed(other), tmp_path)[0].webhooks.facts == {}


def test_owners_are_found_through_their_replicasets(tmp_path: Path) -> None:
    snapshot, _ = read(
        m.listed(
            m.pod("a", owner="ReplicaSet/web-1"),
            m.workload("ReplicaSet", "web-1", owner="Deployment/web"),
            m.workload("Deployment", "web"),
        ),
        tmp_path,
    )
    assert snapshot.workloads.unread == {}
    assert snapshot.workloads.facts["ReplicaSet/shop/web-1"].owner == Owner(kind="Deployment", name="web")


def test_a_must_gather_tree(tmp_path: Path) -> None:
    core = tmp_path / "namespaces" / "shop" / "core"
    one = tmp_path / "namespaces" / "shop" / "pods" / "web"
    for folder in (core, one):
        folder.mkdir(parents=True)
    (core / "pods.yaml").write_text("kind: PodList\napiVersion: v1\nitems:\n- metadata: {name: web, namespace: shop}\n")
    (core / "configmaps.yaml").write_text("---\nkind: ConfigMapList\napiVersion: v1\nitems: []\n")
    (one / "web.yaml").write_text("---\nkind: Pod\napiVersion: v1\nmetadata: {name: web, namespace: shop}\n")
    (one / "current.log").write_text("no manifest: [")
    (tmp_path / "namespaces" / "shop" / "shop.yaml").write_text(
        "kind: Namespace\napiVersion: v1\nmetadata: {name: shop}\n"
    )
    snapshot, problems = read_files([str(tmp_path)], recursive=True)
    assert problems == []
    assert names(snapshot) == ["shop/web"]


def test_reading_files_brings_in_nothing_of_the_network() -> None:
    heavy = ("kubernetes", "urllib3", "ruamel", "http.client", "ssl")
    code = f"""
import sys, kubectl_ambient.cluster.reading.files, kubectl_ambient.cluster.editing.manifests
sys.exit(",".join(name for name in {heavy!r} if name in sys.modules) or 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
