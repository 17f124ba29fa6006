"""`--wait`: until each pod is where it should be, and what is told of those that are not."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from tests.rig.agent import BEHAVIOUR
from tests.rig.cluster import Cluster
from tests.rig.kubectl import Runner
from tests.rig.processes import PATIENCE, wait_for
from tests.rig.rights import wait_until_granted
from tests.rig.workloads import AMBIENT, OPTED_OUT, deployment, pod

from .conftest import NewNamespace
from .test_status import annotated, phase
from .test_watch import Watch, label


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


def test_who_may_not_watch_namespaces_waits_by_reading(
    cluster: Cluster, new_namespace: NewNamespace, kubectl: Runner, ambient: Runner
) -> None:
    """As the built-in role `view` in one namespace has it: a Namespace that cannot be watched must not end the wait."""
    namespace = new_namespace(AMBIENT)
    user = f"viewer-{namespace}"
    kubectl("create", "rolebinding", "views", "--clusterrole=view", f"--user={user}", "-n", namespace)
    wait_until_granted(cluster, user, "watch", "pods", namespace)
    with behaving(kubectl, "n4", "never"):
        cluster.apply(pod("slow", namespace, node="n4"))
        wait_for("the pod", lambda: running(cluster, namespace, 1))
        waiting = Waiting(cluster.user(user), "status", "-n", namespace, "--wait", "-o", "json")
        try:
            waiting.says("it is read anew every 5 seconds instead")
            with pytest.raises(subprocess.TimeoutExpired):
                waiting.process.wait(7)
            kubectl("annotate", "node", "n4", f"{BEHAVIOUR}-")
            assert waiting.process.wait(PATIENCE) == 0, waiting.told
            assert [item["state"] for item in waiting.document()["items"]] == ["Enrolled"]
        finally:
            waiting.stop()


def test_who_may_edit_one_namespace_waits_for_a_rollout(
    cluster: Cluster, namespace: str, kubectl: Runner, ambient: Runner
) -> None:
    """As the built-in role `edit` has it: the Namespace can be read, and not watched."""
    cluster.apply(deployment("web", namespace, replicas=2))
    user = f"editor-{namespace}"
    kubectl("create", "rolebinding", "edits", "--clusterrole=edit", f"--user={user}", "-n", namespace)
    wait_until_granted(cluster, user, "patch", "deployments.apps", namespace)
    wait_for("the pods", lambda: running(cluster, namespace, 2))
    done = ambient("enable", "deploy", "web", "-n", namespace, "--wait", user=user)
    assert done.code == 0, done.stderr
    assert "it is read anew every 2 seconds instead" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("All 2 pods are where they should be (")
    pods = [p for p in cluster.pods(namespace) if "deletionTimestamp" not in p["metadata"]]
    assert {p["metadata"]["annotations"].get("ambient.istio.io/redirection") for p in pods} == {"enabled"}


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
        pod("slow", namespace, node="n4"),
        pod("quick", namespace, node="n1"),
        pod("refuses", namespace, labels=OPTED_OUT),
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


class Waiting(Watch):
    """A running `kubectl ambient …`."""

    words = ()

    def says(self, words: str) -> None:
        """Wait until it has said that on stderr."""
        wait_for(words, lambda: any(words in line for line in list(self.told)))


def test_batches_settle_one_after_the_other(
    cluster: Cluster, new_namespace: NewNamespace, kubectl: Runner, ambient: Runner
) -> None:
    """Issue 15, "It shows" 3: 40 namespaces, and an agent that is late by seconds."""
    team = f"t{uuid.uuid4().hex[:6]}"
    names = sorted(new_namespace({"team": team}) for _ in range(40))
    cluster.apply(*(pod("web", name, node="n4") for name in names))
    wait_for("the pods", lambda: all(running(cluster, name, 1) for name in names))
    with behaving(kubectl, "n4", "late"):
        done = ambient("enable", "ns", "-l", f"team={team}", "--wait", "--batch", "5")
    assert done.code == 0, done.stderr
    assert {line.split()[0] for line in done.stdout.splitlines()} == {f"namespace/{name}" for name in names}
    told = done.stderr.splitlines()
    heads = [line for line in told if line.startswith("batch ")]
    assert heads == [
        f"batch {i + 1} of 8: namespace/{names[5 * i]} to namespace/{names[5 * i + 4]} (5)" for i in range(8)
    ]
    assert sum(line.startswith("All 5 pods are where they should be (") for line in told) == 8
    assert told[-1] == "all 8 batches have settled"
    assert ambient("status", "--namespace-selector", f"team={team}", "--wait", "--timeout", "0").code == 0


def test_batches_stop_at_the_first_that_does_not_settle(
    cluster: Cluster, new_namespace: NewNamespace, kubectl: Runner, ambient: Runner
) -> None:
    """Issue 15, "It shows" 3: an agent that never annotates one pod."""
    team = f"t{uuid.uuid4().hex[:6]}"
    names = sorted(new_namespace({"team": team}) for _ in range(6))
    cluster.apply(*(pod("web", name, node="n4" if name == names[3] else "n1") for name in names))
    wait_for("the pods", lambda: all(running(cluster, name, 1) for name in names))
    words = ("enable", "ns", "-l", f"team={team}", "--wait", "--batch", "2", "--timeout", "4s")
    with behaving(kubectl, "n4", "never"):
        done = ambient(*words)
        assert done.code == 1
        assert labels(cluster, names) == ["ambient"] * 4 + [None] * 2
        assert "error: timed out after 4s: 1 of 2 pods is where it should be\n" in done.stderr
        assert re.findall("^‼ .*/.*$", done.stderr, re.MULTILINE) == [f"‼ {names[3]}/web"]
        for agent in agents_on(cluster, "n4"):
            assert f"(istio-system/{agent})" in done.stderr
        not_tried = f"namespace/{names[4]}, namespace/{names[5]}"
        assert f"error: not tried, since batch 2 of 3 did not settle: {not_tried}\n" in done.stderr
        *_, on, undo = done.stderr.splitlines()
        assert on == f"to go on: kubectl ambient enable ns -l team={team} --wait --timeout 4s --batch 2"
        again = ambient(*words)
        assert (again.code, labels(cluster, names)[4:]) == (1, [None, None])
        assert "as it should be already, and waited for first: " in again.stderr
    done = ambient(*shlex.split(on.removeprefix("to go on: kubectl ambient ")))
    assert (done.code, labels(cluster, names)) == (0, ["ambient"] * 6)
    assert "batch 1 of 1: " in done.stderr
    ambient(*shlex.split(undo.removeprefix("undo: kubectl ambient ")))
    assert labels(cluster, names) == [None] * 4 + ["ambient"] * 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_tells_what_was_done(
    cluster: Cluster, namespace: str, kubectl: Runner, number: signal.Signals, code: int
) -> None:
    cluster.apply(pod("stays", namespace, node="n4"), pod("moves", namespace, node="n1"))
    wait_for("the pods", lambda: running(cluster, namespace, 2))
    with behaving(kubectl, "n4", "never"):
        waiting = Waiting(cluster.kubeconfig, "enable", "ns", namespace, "--wait")
        try:
            waiting.says(f"1 of 2 pods is where it should be; waiting for {namespace}/stays (n4)")
            waiting.process.send_signal(number)
            assert waiting.process.wait(PATIENCE) == code
            *_, interrupted, on, undo = waiting.err.splitlines()
        finally:
            waiting.stop()
    assert interrupted == f"interrupted: 1 of 2 pods is where it should be; waiting for {namespace}/stays (n4)"
    assert on == f"to go on: kubectl ambient enable ns {namespace} --wait"
    assert undo == f"undo: kubectl ambient disable ns {namespace}"
    assert waiting.lines.get() == f"namespace/{namespace} labeled"


def test_a_status_that_is_interrupted_tells_what_it_waited_for(
    cluster: Cluster, new_namespace: NewNamespace, kubectl: Runner
) -> None:
    namespace = new_namespace(AMBIENT)
    with behaving(kubectl, "n4", "never"):
        cluster.apply(pod("stays", namespace, node="n4"))
        wait_for("the pod", lambda: running(cluster, namespace, 1))
        waiting = Waiting(cluster.kubeconfig, "status", "-n", namespace, "--wait")
        try:
            waiting.says(f"waiting for {namespace}/stays (n4)")
            assert waiting.interrupt() == 130
            expected = f"interrupted: the pod is not where it should be; waiting for {namespace}/stays (n4)"
            assert waiting.err.splitlines()[-1] == expected
        finally:
            waiting.stop()


def web_on_n4(cluster: Cluster, namespace: str) -> str:
    """The only pod of a Deployment."""
    cluster.apply(deployment("web", namespace, node="n4"))
    wait_for("the pod", lambda: running(cluster, namespace, 1))
    return only_pod(cluster, namespace)


def only_pod(cluster: Cluster, namespace: str) -> str:
    (found,) = [p["metadata"]["name"] for p in cluster.pods(namespace)]
    return str(found)


def test_a_pod_that_is_replaced_is_followed_to_its_successor(
    cluster: Cluster, namespace: str, kubectl: Runner, ambient: Runner
) -> None:
    first = web_on_n4(cluster, namespace)
    with behaving(kubectl, "n4", "never"):
        label(cluster, namespace, "ambient")
        waiting = Waiting(cluster.kubeconfig, "status", first, "-n", namespace, "--wait", "-o", "name")
        try:
            waiting.says(f"waiting for {namespace}/{first}")
            kubectl("delete", "pod", first, "-n", namespace)
            wait_for("its successor", lambda: running(cluster, namespace, 1))
            second = only_pod(cluster, namespace)
            kubectl("annotate", "node", "n4", f"{BEHAVIOUR}-")
            assert waiting.process.wait(PATIENCE) == 0, waiting.told
            assert waiting.next() == f"pod/{second}"
        finally:
            waiting.stop()


@contextmanager
def no_successor(cluster: Cluster, namespace: str, kubectl: Runner, *words: str) -> Iterator[Waiting]:
    """`status POD --wait` after the end of the pod, while the server refuses every other one."""
    first = web_on_n4(cluster, namespace)
    kubectl("create", "quota", "none", "--hard=pods=0", "-n", namespace)
    with behaving(kubectl, "n4", "never"):
        label(cluster, namespace, "ambient")
        waiting = Waiting(cluster.kubeconfig, "status", first, "-n", namespace, "--wait", "-o", "name", *words)
        try:
            waiting.says(f"waiting for {namespace}/{first}")
            kubectl("delete", "pod", first, "-n", namespace)
            wait_for("nobody", lambda: not cluster.pods(namespace))
            yield waiting
        finally:
            waiting.stop()


def test_a_pod_whose_successor_is_late_is_waited_for(
    cluster: Cluster, namespace: str, kubectl: Runner, ambient: Runner
) -> None:
    with no_successor(cluster, namespace, kubectl) as waiting:
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.process.wait(2)
        kubectl("delete", "quota", "none", "-n", namespace)
        kubectl("annotate", "node", "n4", f"{BEHAVIOUR}-")
        assert waiting.process.wait(PATIENCE) == 0, waiting.told
        assert waiting.next() == f"pod/{only_pod(cluster, namespace)}"


def test_at_the_time_out_a_pod_without_a_successor_is_told(
    cluster: Cluster, namespace: str, kubectl: Runner, ambient: Runner
) -> None:
    with no_successor(cluster, namespace, kubectl, "--timeout", "8s") as waiting:
        assert waiting.process.wait(PATIENCE) == 1
    told = " ".join(waiting.err.split())
    assert "error: timed out after 8s" in told
    assert "It is gone, and its owner has made no other yet." in told


def test_a_pod_whose_successor_has_not_its_label_is_told(
    cluster: Cluster, namespace: str, kubectl: Runner, ambient: Runner
) -> None:
    first = web_on_n4(cluster, namespace)
    with behaving(kubectl, "n4", "never"):
        waiting = Waiting(cluster.kubeconfig, "enable", "pod", first, "-n", namespace, "--wait")
        try:
            waiting.says(f"waiting for {namespace}/{first}")
            kubectl("delete", "pod", first, "-n", namespace)
            assert waiting.process.wait(PATIENCE) == 1
        finally:
            waiting.stop()
    told = " ".join(waiting.err.split())
    second = only_pod(cluster, namespace)
    assert f"‼ pod/{first} It is gone, and what took its place has not its label: {second}." in told


def test_what_only_a_restart_moves_is_told_and_not_waited_for(
    cluster: Cluster, new_namespace: NewNamespace, kubectl: Runner, ambient: Runner
) -> None:
    namespace = new_namespace({"istio-injection": "enabled"})
    cluster.apply(deployment("old", namespace))
    wait_for("the pod", lambda: running(cluster, namespace, 1))
    kubectl("label", "namespace", namespace, "istio-injection-")
    done = ambient("enable", "ns", namespace, "--wait")
    assert done.code == 0, done.stderr
    told = " ".join(done.stderr.split())
    assert f"kubectl rollout restart deployment/old -n {namespace}" in told.partition("not waited for: ")[2]


def running(cluster: Cluster, namespace: str, count: int) -> bool:
    """Whether so many pods run there, and no other is there."""
    phases = [p["status"].get("phase") for p in cluster.pods(namespace)]
    return phases == ["Running"] * count


def labels(cluster: Cluster, names: Sequence[str]) -> list[str | None]:
    found = {item["metadata"]["name"]: item["metadata"]["labels"] for item in cluster.api.items("/api/v1/namespaces")}
    return [found[name].get("istio.io/dataplane-mode") for name in names]
