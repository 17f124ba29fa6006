"""`explain` on the real control plane: the moves of a workload from sidecars to ambient, and every odd pod."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from tests.rig.api import Object
from tests.rig.cluster import STUCK, Cluster
from tests.rig.kubectl import Result, Runner
from tests.rig.processes import wait_for
from tests.rig.workloads import AMBIENT, deployment, pod

from .conftest import NewNamespace
from .test_status import (
    Plugin,
    a_namespace,
    annotated,
    codes,
    document,
    items,
    phase,
    plugin,
    sandbox_failed,
    workload,
)

__all__ = ["plugin"]

MODE = "metadata.labels[istio.io/dataplane-mode]"


def flat(text: str) -> str:
    """What was said, wherever its lines were broken."""
    return " ".join(text.split())


def decided(explanation: dict[str, Any]) -> dict[str, Any]:
    """The step that the rest was not asked after; the question itself where none kept the pod out."""
    steps = {step["outcome"]: step for step in explanation["steps"] if step["outcome"] != "skipped"}
    found: dict[str, Any] = steps.get("out") or steps.get("unknown") or steps["in"]
    return found


def commands(explanation: dict[str, Any]) -> list[list[str]]:
    """What it says is to be done, as arguments of kubectl."""
    return [shlex.split(fix["command"])[1:] for fix in explanation["fixes"]]


def only(cluster: Cluster, namespace: str, app: str) -> str:
    """The name of the one pod of an app, once those before it are gone."""

    def alone() -> str | None:
        names: list[str] = [p["metadata"]["name"] for p in cluster.pods(namespace, f"app={app}")]
        return names[0] if len(names) == 1 else None

    return wait_for(f"one pod of {app}", alone)


def injected(cluster: Cluster, namespace: str) -> bool:
    """Whether a pod made now would get a sidecar: the server heeds a namespace's label a moment after it is set."""
    path = f"/api/v1/namespaces/{namespace}/pods"
    made = cluster.api.request("POST", path, pod("tries", namespace), query={"dryRun": "All"})
    return "sidecar.istio.io/status" in made["metadata"].get("annotations", {})


# Both labels on one namespace.


class TestBothModes:
    """One Deployment ran in ambient mode before sidecars were asked for, another one came later."""

    @pytest.fixture
    def both(self, cluster: Cluster, new_namespace: NewNamespace, kubectl: Runner) -> str:
        namespace = new_namespace(AMBIENT)
        cluster.apply(deployment("earlier", namespace))
        annotated(cluster, namespace, "earlier")
        kubectl("label", "namespace", namespace, "istio-injection=enabled")
        wait_for("the injection", lambda: injected(cluster, namespace))
        cluster.apply(deployment("later", namespace))
        phase(cluster, namespace, "later", "Running")
        return namespace

    def test_what_is_and_what_the_next_restart_brings(self, cluster: Cluster, both: str, ambient: Runner) -> None:
        found = items(ambient("status", "-n", both, "-o", "json"))
        later = found["later"]
        assert (later["mode"], later["state"], later["reason"]) == ("sidecar", "NotAmbient", "SidecarPresent")
        assert (later["afterRestart"], codes(later)) == ("sidecar", ["BothModes"])
        earlier = found["earlier"]
        assert (earlier["mode"], earlier["state"], earlier["reason"]) == ("ambient", "Enrolled", "NamespaceLabel")
        assert (earlier["afterRestart"], codes(earlier)) == ("sidecar", ["BothModes"])

        name = only(cluster, both, "earlier")
        told = flat(ambient("explain", "pod", name, "-n", both).stdout)
        assert f"Pod {both}/{name} is in ambient mode" in told
        assert "After a restart: the next pod of Deployment/earlier gets a sidecar, by namespace label" in told
        assert f"kubectl label namespace {both} istio-injection-" in told

    def test_the_sidecar_wins_and_why(self, cluster: Cluster, both: str, ambient: Runner) -> None:
        name = only(cluster, both, "later")
        explanation = document(ambient("explain", "pod", name, "-n", both, "-o", "json"))
        assert explanation["kind"] == "Explanation"
        asked = next(step for step in explanation["steps"] if step["outcome"] == "in")
        assert {"object": f"Namespace/{both}", "field": MODE, "value": "ambient"} in asked["evidence"]
        step = decided(explanation)
        assert (step["rule"], step["outcome"]) == ("Sidecar", "out")
        assert step["message"].endswith("sidecar, and that wins")
        (evidence,) = step["evidence"]
        assert evidence["object"] == f"Pod/{both}/{name}"
        assert evidence["field"] == "metadata.annotations[sidecar.istio.io/status]"
        assert evidence["value"].startswith('{"')
        (finding,) = explanation["pod"]["findings"]
        label = {"object": f"Namespace/{both}", "field": "metadata.labels[istio-injection]", "value": "enabled"}
        assert label in finding["evidence"]
        assert finding["fix"] == f"kubectl label namespace {both} istio-injection-"

        told = flat(ambient("explain", "pod", name, "-n", both).stdout)
        assert f"Pod {both}/{name} is NOT in ambient mode: the pod has a native sidecar, and that wins." in told
        assert "annotation sidecar.istio.io/status={" in told
        assert "The sidecar is asked for by namespace label istio-injection=enabled: the pod keeps it" in told
        assert "the next pod of Deployment/later gets one again" in told

    def test_doing_what_it_says_brings_the_pods_into_ambient_mode(
        self, cluster: Cluster, both: str, ambient: Runner, kubectl: Runner
    ) -> None:
        name = only(cluster, both, "later")
        explanation = document(ambient("explain", "pod", name, "-n", both, "-o", "json"))
        unlabel, restart = commands(explanation)
        kubectl(*unlabel)
        found = items(ambient("status", "-n", both, "-o", "json"))
        assert {app: (i["mode"], i["afterRestart"], codes(i)) for app, i in found.items()} == {
            "later": ("sidecar", "ambient", []),
            "earlier": ("ambient", "ambient", []),
        }
        told = flat(ambient("explain", "pod", name, "-n", both).stdout)
        assert "Nothing asks for a sidecar any more" in told
        assert "The pod keeps its sidecar until it restarts; the next pod of Deployment/later is in ambient" in told

        wait_for("the end of injection", lambda: not injected(cluster, both))
        kubectl(*restart)
        kubectl("rollout", "status", "deploy/later", "-n", both, "--timeout=90s")
        annotated(cluster, both, "later")
        name = only(cluster, both, "later")
        found = items(ambient("status", "-n", both, "-o", "json", "--fail-on", "any"))
        later = found["later"]
        assert (later["mode"], later["state"], later["reason"]) == ("ambient", "Enrolled", "NamespaceLabel")
        assert (later["afterRestart"], codes(later)) == ("ambient", [])
        assert f"Pod {both}/{name} is in ambient mode" in flat(ambient("explain", "pod", name, "-n", both).stdout)


# Every other pod that one may ask about.


@pytest.fixture(scope="module")
def shop(cluster: Cluster) -> Iterator[str]:
    with a_namespace(cluster, "why", AMBIENT) as name:
        web = deployment("web", name, replicas=2)
        web["metadata"]["labels"] = {"app": "web"}
        nowhere = pod("nowhere", name)
        nowhere["spec"]["nodeSelector"] = {"no-such": "node"}
        leaving = pod("leaving", name)
        leaving["metadata"]["finalizers"] = ["rig.kubectl-ambient/stays"]
        cluster.apply(
            web,
            deployment("idle", name, replicas=0),
            workload("StatefulSet", "db", name, serviceName="db"),
            workload("Job", "nightly", name),
            cronjob("weekly", name),
            pod("on-the-host", name, host_network=True),
            pod("on-windows", name, node="w1"),
            pod("stuck", name, node="n1", annotations={STUCK: "stuck"}),
            sandbox_failed(name, "stuck"),
            nowhere,
            leaving,
        )
        for app in ("web", "db", "leaving"):
            annotated(cluster, name, app)
        for app, ends in (("nightly", "Succeeded"), ("on-the-host", "Running"), ("on-windows", "Running")):
            phase(cluster, name, app, ends)
        wait_for("stuck to be placed", lambda: cluster.pods(name, "app=stuck")[0]["spec"].get("nodeName"))
        path = f"/api/v1/namespaces/{name}/pods/leaving"
        cluster.api.request("DELETE", path)
        try:
            yield name
        finally:
            cluster.api.patch(path, {"metadata": {"finalizers": None}})


def cronjob(name: str, namespace: str) -> Object:
    template = workload("Job", name, namespace)["spec"]
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": template}},
    }


@pytest.fixture(scope="module")
def told(cluster: Cluster, shop: str) -> dict[str, dict[str, Any]]:
    """Every pod of it, explained in one go: by owner, or by name."""
    found = document(Runner(cluster, "ambient")("explain", "ns", shop, "-o", "json"))
    assert found["kind"] == "ExplanationList"
    return {(item["pod"]["owner"] or item["pod"]["name"]): item for item in found["items"]}


@pytest.mark.parametrize(
    ("name", "rule", "evidence"),
    [
        ("Deployment/web", "Asked", "Namespace/{shop} " + MODE + "=ambient"),
        ("StatefulSet/db", "Asked", "Namespace/{shop} " + MODE + "=ambient"),
        ("Job/nightly", "Finished", "Pod/{shop}/{name} status.phase=Succeeded"),
        ("on-the-host", "HostNetwork", "Pod/{shop}/on-the-host spec.hostNetwork=true"),
        ("on-windows", "Node", "Node/w1 metadata.labels[kubernetes.io/os]=windows"),
        ("nowhere", "Asked", "Namespace/{shop} " + MODE + "=ambient"),
        ("leaving", "Asked", "Namespace/{shop} " + MODE + "=ambient"),
    ],
)
def test_what_decides_about_a_pod(
    shop: str, told: dict[str, dict[str, Any]], name: str, rule: str, evidence: str
) -> None:
    step = decided(told[name])
    assert step["rule"] == rule
    seen = [f"{e['object']} {e['field']}={e['value']}" for e in step["evidence"]]
    assert evidence.format(shop=shop, name=told[name]["pod"]["name"]) in seen


def test_one_pod_is_read_by_itself_and_told_the_same(
    shop: str, told: dict[str, dict[str, Any]], plugin: Plugin
) -> None:
    """`explain pod` reads only what is near the pod."""
    names = ("on-windows", "nowhere", told["Deployment/web"]["pod"]["name"])
    found = document(plugin("explain", "pod", *names, "-n", shop, "-o", "json"))
    assert found["kind"] == "ExplanationList"
    wanted = {item["pod"]["name"]: item for item in told.values()}
    for item in found["items"]:
        other = wanted[item["pod"]["name"]]
        assert [s | {"message": ""} for s in item["steps"]] == [s | {"message": ""} for s in other["steps"]]
        assert item["pod"] | {"message": ""} == other["pod"] | {"message": ""}


def test_a_pod_that_hangs_in_container_creating(shop: str, ambient: Runner) -> None:
    found = flat(ambient("explain", "pod", "stuck", "-n", shop).stdout)
    assert f"Pod {shop}/stuck is NOT in ambient mode: it cannot start." in found
    assert "cannot start: its network could not be set up" in found
    assert 'The pod cannot start: Failed to create pod sandbox: plugin type="istio-cni" failed (add)' in found
    assert re.search(r"kubectl logs istio-cni-node-\w+ -n istio-system \| grep stuck", found)


def test_a_pod_without_a_node(shop: str, plugin: Plugin) -> None:
    found = flat(plugin("explain", "nowhere", "-n", shop).stdout)
    assert f"Pod {shop}/nowhere is NOT in ambient mode: it cannot start." in found
    assert "cannot start: no node takes it" in found
    assert "No node takes the pod: 0/" in found
    assert "What to do" not in found


def test_a_pod_where_no_agent_can_run(shop: str, plugin: Plugin) -> None:
    found = flat(plugin("explain", "po/on-windows", "-n", shop).stdout)
    assert "NOT in ambient mode: node w1 runs windows, on which no agent runs." in found


def test_a_terminating_pod(shop: str, told: dict[str, dict[str, Any]], plugin: Plugin) -> None:
    assert codes(told["leaving"]["pod"]) == ["Terminating"]
    assert "The pod is terminating" in plugin("explain", "pod", "leaving", "-n", shop).stdout


def test_a_pod_that_is_in_another_namespace(shop: str, namespace: str, ambient: Runner, kubectl: Runner) -> None:
    found = ambient("explain", "pod", "db-0", "-n", namespace)
    theirs = kubectl("get", "pod", "db-0", "-n", namespace, check=False)
    assert (found.code, found.stdout) == (1, "")
    assert found.stderr.splitlines() == [
        theirs.stderr.strip(),
        f"It is in namespace {shop}: kubectl ambient explain pod db-0 -n {shop}",
    ]


# Namespaces and workloads.


def subject(told: Result) -> dict[str, Any]:
    found = document(told)
    (one,) = found["subjects"]
    assert found["kind"] == "ExplanationList"
    assert one["summary"]["pods"] == len(found["items"])
    return dict(one)


def test_a_namespace(shop: str, ambient: Runner) -> None:
    found = flat(ambient("explain", "ns", shop).stdout)
    assert found.startswith(f"Namespace {shop}: 4 of 9 pods are in ambient mode.")
    assert f"Namespace/{shop} label istio.io/dataplane-mode=ambient" in found
    assert "Deployment/web 2 Enrolled NamespaceLabel" in found
    assert "Pod/on-windows 1 NotAmbient NodeUnsupported" in found
    assert "The next pod would be in ambient mode: the namespace's label" in found


def test_an_empty_namespace(namespace: str, plugin: Plugin) -> None:
    found = plugin("explain", "ns", namespace)
    assert (found.code, found.stderr) == (0, "")
    assert found.stdout.startswith(f"Namespace {namespace} has no pods")
    assert "The next pod would be in no mesh" in found.stdout
    one = subject(plugin("explain", f"ns/{namespace}", "-o", "json"))
    assert (one["summary"]["pods"], one["nextPod"]) == (0, "none")


@pytest.mark.parametrize(
    ("words", "pods", "enrolled"),
    [
        (("deploy", "web"), 2, 2),
        (("deployment.apps/idle",), 0, 0),
        (("sts/db",), 1, 1),
        (("job", "nightly"), 1, 0),
        (("cj/weekly",), 0, 0),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_workload(shop: str, plugin: Plugin, words: tuple[str, ...], pods: int, enrolled: int) -> None:
    one = subject(plugin("explain", *words, "-n", shop, "-o", "json"))
    assert (one["summary"]["pods"], one["summary"]["Enrolled"]) == (pods, enrolled)
    assert one["nextPod"] == "ambient"


def test_zero_replicas(shop: str, plugin: Plugin) -> None:
    found = plugin("explain", "deploy", "idle", "-n", shop)
    assert (found.code, found.stderr) == (0, "")
    assert flat(found.stdout).startswith(f"Deployment {shop}/idle has no pods: it asks for 0 replicas.")
    assert "The next pod would be in ambient mode" in found.stdout


def test_a_replicaset_of_a_deployment_counts_the_same_pods(cluster: Cluster, shop: str, plugin: Plugin) -> None:
    (replicaset,) = cluster.api.items(f"/apis/apps/v1/namespaces/{shop}/replicasets?labelSelector=app%3Dweb")
    one = subject(plugin("explain", "rs", replicaset["metadata"]["name"], "-n", shop, "-o", "json"))
    assert one["summary"]["Enrolled"] == 2


def test_pods_by_selector(shop: str, plugin: Plugin) -> None:
    found = plugin("explain", "pods", "-l", "app=web", "-n", shop, "-o", "name")
    assert [line[:8] for line in found.stdout.splitlines()] == ["pod/web-", "pod/web-"]


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("deploy -l app=web", ["Deployment {shop}/web: "]),
        ("deploy -l app=none", []),
        ("deploy --field-selector metadata.name=idle", ["Deployment {shop}/idle has no pods: "]),
        ("deploy,sts --field-selector metadata.name!=web", ["Deployment {shop}/idle ", "StatefulSet {shop}/db: "]),
        ("cj -l app=weekly", ["CronJob {shop}/weekly has no pods"]),
        ("rs -l app=web", ["ReplicaSet {shop}/web-"]),
        ("ns --field-selector metadata.name={shop}", ["Namespace {shop}: "]),
    ],
)
def test_what_selectors_choose(shop: str, plugin: Plugin, words: str, titles: list[str]) -> None:
    found = plugin("explain", *words.format(shop=shop).split(), "-n", shop)
    assert found.code == 0
    assert found.stderr == ("" if titles else f"No resources found in {shop} namespace.\n")
    begun = [line for line in found.stdout.splitlines() if line.startswith(("Depl", "State", "Cron", "Repl", "Names"))]
    begun = [line for line in begun if f" {shop}" in line]
    assert len(begun) == len(titles)
    for line, title in zip(begun, titles, strict=True):
        assert line.startswith(title.format(shop=shop))


def test_a_field_that_workloads_are_not_selected_by(shop: str, plugin: Plugin) -> None:
    found = plugin("explain", "deploy", "--field-selector", "spec.nodeName=n1", "-n", shop)
    assert (found.code, found.stdout) == (2, "")
    assert found.stderr == "error: field label not supported: spec.nodeName\n"


def test_fail_on(shop: str, plugin: Plugin) -> None:
    assert plugin("explain", "pod", "stuck", "-n", shop, "--fail-on", "any").code == 3
    assert plugin("explain", "pod", "on-windows", "-n", shop, "--fail-on", "any").code == 0


@pytest.mark.parametrize(
    "words",
    [("pod", "nope"), ("deploy", "nope"), ("ns", "nope"), ("sts/nope",)],
    ids=" ".join,
)
def test_what_is_not_there_is_told_in_kubectls_words(
    namespace: str, plugin: Plugin, kubectl: Runner, words: tuple[str, ...]
) -> None:
    ours = plugin("explain", *words, "-n", namespace)
    theirs = kubectl("get", *words, "-n", namespace, check=False)
    assert (ours.code, ours.stdout, ours.stderr) == (1, "", theirs.stderr)
