"""Outages that people met: what is told, and that the advice, typed as it is printed, ends them.

Where the rig cannot mend what the advice asks for (to install again), it is played, and the advice held to its letter.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.rig.api import Object
from tests.rig.cluster import STUCK, Cluster
from tests.rig.kubectl import environ
from tests.rig.l7 import service, use, waypoint
from tests.rig.nodes import LINUX
from tests.rig.processes import wait_for
from tests.rig.workloads import AMBIENT, INJECTED, deployment, pod

from .conftest import NewNamespace
from .test_status import Plugin, annotated, document, phase, plugin, sandbox_failed

__all__ = ["plugin"]

ISTIO = "istio-system"
DAEMONSETS = f"/apis/apps/v1/namespaces/{ISTIO}/daemonsets"
CNI, ZTUNNEL = "istio-cni-node", "ztunnel"
RESTARTS = ("rollout restart", "delete pod")


def type_it(cluster: Cluster, command: str, editor: str = "false") -> None:
    """What a person would do with a command on the screen; `editor` is what they do in the editor that it opens."""
    env = environ(cluster.kubeconfig) | {"KUBE_EDITOR": editor, "HOME": str(cluster.kubeconfig.parent)}
    done = subprocess.run(["bash", "-ec", command], env=env, check=False, timeout=60, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


def commands(told: dict[str, Any]) -> list[str]:
    return [fix["command"] for fix in told["fixes"]]


class Told:
    """What the commands tell of a namespace now."""

    def __init__(self, plugin: Plugin, namespace: str) -> None:
        self._plugin, self._namespace = plugin, namespace

    def status(self) -> dict[str, Any]:
        return document(self._plugin("status", "-n", self._namespace, "-o", "json"))

    def screen(self) -> str:
        found = self._plugin("status", "-n", self._namespace)
        return f"{found.stdout}\n{found.stderr}"

    def states(self) -> set[str]:
        return {item["state"] for item in self.status()["items"]}

    def is_well(self) -> bool:
        """All pods are in ambient mode, and nothing is wrong with them or the mesh."""
        found = self.status()
        told = [*found["findings"], *(finding for item in found["items"] for finding in item["findings"])]
        return self.states() == {"Enrolled"} and all(finding["severity"] == "info" for finding in told)

    def explain(self, name: str) -> dict[str, Any]:
        return document(self._plugin("explain", "pod", name, "-n", self._namespace, "-o", "json"))

    def pod(self, name: str) -> str:
        """The text for a pod."""
        return " ".join(self._plugin("explain", "pod", name, "-n", self._namespace).stdout.split())

    def fails(self, on: str) -> bool:
        return self._plugin("status", "-n", self._namespace, "--fail-on", on).code == 3


@contextmanager
def gone(cluster: Cluster, name: str) -> Iterator[Callable[[], None]]:
    """A DaemonSet is deleted, with its pods; what is given installs it again as it was."""
    path = f"{DAEMONSETS}/{name}"
    before = cluster.api.get(path)
    assert before is not None
    kept = {key: value for key, value in before["metadata"].items() if key in ("name", "namespace", "labels")}
    again: Object = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": kept, "spec": before["spec"]}
    selector = ",".join(f"{key}={value}" for key, value in before["spec"]["selector"]["matchLabels"].items())

    def install() -> None:
        if cluster.api.get(path) is None:
            cluster.apply(again)
        wait_for(f"{name} again", lambda: _ready_nodes(cluster, selector) == set(LINUX))

    cluster.api.request("DELETE", path)
    wait_for(f"{name} to go", lambda: not cluster.pods(ISTIO, selector))
    try:
        yield install
    finally:
        install()


def _ready_nodes(cluster: Cluster, selector: str) -> set[str]:
    return {
        found["spec"].get("nodeName", "")
        for found in cluster.pods(ISTIO, selector)
        for c in found["status"].get("conditions", ())
        if (c["type"], c["status"]) == ("Ready", "True") and not found["metadata"].get("deletionTimestamp")
    }


@pytest.fixture
def shop(cluster: Cluster, new_namespace: NewNamespace) -> str:
    """A namespace whose two workloads are in ambient mode."""
    name = new_namespace(AMBIENT)
    cluster.apply(deployment("web", name, replicas=2), pod("lone", name))
    annotated(cluster, name, "web")
    annotated(cluster, name, "lone")
    return name


def test_istio_cni_is_deleted_under_running_pods(cluster: Cluster, plugin: Plugin, shop: str) -> None:
    told = Told(plugin, shop)
    assert told.is_well()
    with gone(cluster, CNI) as install:
        screen = told.screen()
        assert screen.startswith("✖ Istio-cni is gone, while ConfigMap/istio-system/istio-cni-config, ztunnel and 3")
        assert "install it again as it was, and restart nothing before" in " ".join(screen.split())
        assert not any(word in screen for word in RESTARTS), screen
        assert told.fails("error")
        for name in ("lone", next(i["name"] for i in told.status()["items"] if i["owner"])):
            explained = told.explain(name)
            assert explained["fixes"][0]["command"].startswith("# install istio-cni again")
            assert not any(word in json.dumps(explained) for word in RESTARTS)
        plan = plugin("enable", "ns", shop, "--plan")
        assert f"the label on namespace/{shop} has no effect: there is no istio-cni" in " ".join(plan.stdout.split())
        install()
    wait_for("all to be well again, with the same pods", told.is_well)


def test_ambient_is_switched_off(cluster: Cluster, plugin: Plugin, shop: str) -> None:
    told, path = Told(plugin, shop), f"/api/v1/namespaces/{ISTIO}/configmaps/istio-cni-config"
    cluster.api.patch(path, {"data": {"AMBIENT_ENABLED": "false"}})
    try:
        assert told.states() == {"Stale"}
        explained = told.explain("lone")
        steps = commands(explained)
        assert steps[0] == "kubectl edit configmap istio-cni-config -n istio-system"
        assert steps[1] == "kubectl rollout restart daemonset/istio-cni-node -n istio-system"
        assert not any("lone" in step or "deployment/" in step for step in steps[:2])
        type_it(cluster, steps[0], """sed -i 's/AMBIENT_ENABLED: "false"/AMBIENT_ENABLED: "true"/'""")
        type_it(cluster, steps[1])
        rolled = f"kubectl rollout status daemonset/{CNI} -n {ISTIO} --timeout=60s"
        type_it(cluster, rolled)
    finally:
        cluster.api.patch(path, {"data": {"AMBIENT_ENABLED": "true"}})
    wait_for("all to be well again", told.is_well)
    assert not told.status()["assumptions"], "the agents have read what is set now"


def test_ztunnel_is_gone_from_every_node(cluster: Cluster, plugin: Plugin, shop: str) -> None:
    told = Told(plugin, shop)
    with gone(cluster, ZTUNNEL) as install:
        screen = " ".join(told.screen().split())
        assert screen.startswith("✖ No ztunnel pod runs in this cluster")
        assert screen.count("No ztunnel pod runs in this cluster") == 1, "one line at the top, not one a node"
        assert "3 of 3 pods are in ambient mode, and 3 are NOT served" in screen
        everywhere = " ".join(plugin("status", "-A").stdout.split())
        assert "NOT-SERVED" in everywhere
        assert "of them NOT served" in everywhere
        assert told.fails("error")
        assert told.pod("lone").startswith(f"Pod {shop}/lone is in ambient mode, and NOT served.")
        assert told.explain("lone")["fixes"][0]["command"].startswith("# install ztunnel again")
        install()
    wait_for("all to be well again", told.is_well)


def test_a_namespace_that_asks_and_gets_none_by_its_value(
    cluster: Cluster, plugin: Plugin, new_namespace: NewNamespace
) -> None:
    name = new_namespace({"istio.io/dataplane-mode": "Ambient"})
    cluster.apply(deployment("web", name))
    annotated(cluster, name, "web", None)
    told = Told(plugin, name)
    assert told.states() == {"NotAmbient"}
    assert told.fails("any")
    (item,) = told.status()["items"]
    step = commands(told.explain(item["name"]))[0]
    assert step in told.screen().replace("\n  ", " ")
    type_it(cluster, step)
    wait_for("its pod to be in", told.is_well)


def test_a_namespace_that_asks_and_gets_none_by_its_sidecars(
    cluster: Cluster, plugin: Plugin, new_namespace: NewNamespace
) -> None:
    name = new_namespace({**AMBIENT, **INJECTED})
    cluster.apply(deployment("web", name))
    phase(cluster, name, "web", "Running")
    told = Told(plugin, name)
    (item,) = told.status()["items"]
    assert (item["state"], item["reason"]) == ("NotAmbient", "SidecarPresent")
    steps = commands(told.explain(item["name"]))
    assert steps[0] in told.screen()
    for step in steps[:2]:
        type_it(cluster, step)
    wait_for("its pod to be in", told.is_well)


def test_a_waypoint_that_was_scaled_to_nothing(cluster: Cluster, plugin: Plugin, new_namespace: NewNamespace) -> None:
    name = new_namespace({**AMBIENT, "istio.io/use-waypoint": "wp"})
    cluster.apply(waypoint("wp", name), service("cart", name, use("wp")))

    def told() -> dict[str, Any]:
        found = document(plugin("waypoint", "list", "-n", name, "-o", "json"))["items"]
        return dict(found[0]) if found else {"findings": [{"code": "none yet"}]}

    def codes() -> set[str]:
        return {f["code"] for f in told()["findings"]}

    def ready() -> bool:
        return not codes() and told()["pods"]["ready"] == 1

    wait_for("the waypoint", ready)
    type_it(cluster, f"kubectl scale deployment wp -n {name} --replicas=0")
    wait_for("the waypoint to be dead", lambda: "WaypointDead" in codes())
    listed = plugin("waypoint", "list", "-n", name).stdout
    step = f"kubectl scale deployment wp -n {name} --replicas=1"
    assert f"→ {step}\n" in listed
    assert step in plugin("waypoint", "explain", "svc", "cart", "-n", name).stdout
    assert step in plugin("waypoint", "status", "-n", name).stdout
    type_it(cluster, step)
    wait_for("the waypoint again", ready)


def test_a_pod_whose_sandbox_cannot_be_made(cluster: Cluster, plugin: Plugin, new_namespace: NewNamespace) -> None:
    name = new_namespace(AMBIENT)
    cluster.apply(pod("stuck", name, annotations={STUCK: "stuck"}, node="n2"), sandbox_failed(name, "stuck"))
    wait_for("the pod's node", lambda: cluster.pods(name)[0]["spec"].get("nodeName"))
    told = Told(plugin, name)
    wait_for("the event to be told", lambda: "it cannot start" in told.pod("stuck"))
    assert "unable to push CNI event" in told.pod("stuck"), "the cause stands at the end of the event"
    assert "unable to push CNI event" in " ".join(told.screen().split())
    assert "too early to say" not in told.screen()
    (agent,) = [p for p in cluster.pods(ISTIO, "k8s-app=istio-cni-node") if p["spec"]["nodeName"] == "n2"]
    explained = told.explain("stuck")
    step = f"kubectl logs {agent['metadata']['name']} -n {ISTIO} | grep stuck"
    assert commands(explained) == [step], "nothing to restart, and the log of the node's own agent"
