"""`--wait`: until each pod is where it should be, and what is told of those that are not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.rig.agent import BEHAVIOUR
from tests.rig.cluster import Cluster
from tests.rig.kubectl import Runner
from tests.rig.processes import wait_for
from tests.rig.workloads import AMBIENT, OPTED_OUT, deployment, pod

from .conftest import NewNamespace
from .test_status import annotated, phase
from .test_watch import label


@contextmanager
def behaving(kubectl: Runner, node: str, how: str) -> Iterator[None]:
    """The agent of a node is late, or does nothing, meanwhile."""
    kubectl("annotate", "node", node, f"{BEHAVIOUR}={how}")
    try:
        yield
    finally:
        kubectl("annotate", "node", node, f"{BEHAVIOUR}-")


def agents_on(cluster: Cluster, node: str) -> list[str]:
    found = [*cluster.pods("istio-system", "k8s-app=istio-cni-node"), *cluster.pods("istio-system", "app=ztunnel")]
    return [p["metadata"]["name"] for p in found if p["spec"].get("nodeName") == node]


def test_what_does_not_drift_is_not_waited_for(cluster: Cluster, new_namespace: NewNamespace, ambient: Runner) -> None:
    namespace = new_namespace(AMBIENT)
    cluster.apply(pod("web", namespace))
    annotated(cluster, namespace, "web")
    done = ambient("status", "-n", namespace, "--wait")
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1].split()[1:4] == ["ambient", "Enrolled", "NamespaceLabel"]


def test_it_waits_for_a_change_of_somebody_else(
    cluster: Cluster, namespace: str, kubectl: Runner, ambient: Runner
) -> None:
    cluster.apply(pod("slow", namespace, node="n4"), pod("quick", namespace, node="n1"))
    phase(cluster, namespace, "slow", "Running")
    phase(cluster, namespace, "quick", "Running")
    with behaving(kubectl, "n4", "late"):
        label(cluster, namespace, "ambient")
        done = ambient("status", "-n", namespace, "--wait", "--timeout", "60s", "-o", "json")
    assert done.code == 0, done.stderr
    first, *_, last = done.stderr.splitlines()
    assert first.endswith("waiting for " + f"{namespace}/slow (n4)") or f"{namespace}/quick" in first
    assert last.startswith("All 2 pods are where they should be (")
    assert {item["state"] for item in json.loads(done.stdout)["items"]} == {"Enrolled"}


def test_at_the_time_out_the_stragglers_are_named(
    cluster: Cluster, namespace: str, kubectl: Runner, ambient: Runner
) -> None:
    cluster.apply(pod("stays", namespace, node="n4"), pod("moves", namespace, node="n1"))
    phase(cluster, namespace, "stays", "Running")
    phase(cluster, namespace, "moves", "Running")
    with behaving(kubectl, "n4", "never"):
        label(cluster, namespace, "ambient")
        done = ambient("status", "-n", namespace, "--wait", "--timeout=5s")
    assert done.code == 1
    assert "error: timed out after 5s: 1 of 2 pods is where it should be\n" in done.stderr
    assert f"‼ {namespace}/stays\n" in done.stderr
    for name in agents_on(cluster, "n4"):
        assert f"(istio-system/{name})" in done.stderr
    assert f"{namespace}/moves" not in done.stderr.partition("error: ")[2]
    assert len(done.stdout.splitlines()[1:3]) == 2


def test_enable_waits_for_a_late_agent(cluster: Cluster, namespace: str, kubectl: Runner, ambient: Runner) -> None:
    cluster.apply(
        pod("slow", namespace, node="n4"), pod("quick", namespace), pod("refuses", namespace, labels=OPTED_OUT)
    )
    for name in ("slow", "quick", "refuses"):
        phase(cluster, namespace, name, "Running")
    with behaving(kubectl, "n4", "late"):
        done = ambient("enable", "ns", namespace, "--wait", "--timeout", "60s")
    assert done.code == 0, done.stderr
    assert done.stdout == f"namespace/{namespace} labeled\n"
    assert f"2 of 3 pods are where they should be; waiting for {namespace}/slow (n4)\n" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("All 3 pods are where they should be (")
    states = ambient("status", "-n", namespace, "--no-headers").stdout
    assert sorted(line.split()[2] for line in states.splitlines()) == ["Enrolled", "Enrolled", "NotAmbient"]
    done = ambient("disable", "ns", namespace, "--wait")
    assert (done.code, done.stderr.splitlines()[-1].partition(" (")[0]) == (0, "All 3 pods are where they should be")


def test_a_rollout_is_waited_for(cluster: Cluster, namespace: str, ambient: Runner) -> None:
    cluster.apply(deployment("web", namespace, replicas=3))
    wait_for("the pods", lambda: sum(p["status"]["phase"] == "Running" for p in cluster.pods(namespace)) == 3)
    done = ambient("enable", "deploy", "web", "-n", namespace, "--wait")
    assert done.code == 0, done.stderr
    pods = [p for p in cluster.pods(namespace) if "deletionTimestamp" not in p["metadata"]]
    assert len(pods) == 3
    assert {p["metadata"]["annotations"].get("ambient.istio.io/redirection") for p in pods} == {"enabled"}
    assert done.stderr.splitlines()[-1].startswith("All 3 pods are where they should be (")
