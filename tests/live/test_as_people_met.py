"""Situations that people met, played on the whole mesh: what is told, and that the advice, as printed, mends it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.rig.api import Object
from tests.rig.cluster import Cluster
from tests.rig.kubectl import Runner, environ
from tests.rig.nodes import LINUX
from tests.rig.workloads import AMBIENT, deployment, pod

from .test_status import Plugin, a_namespace, annotated, document, phase, plugin

__all__ = ["Plugin", "plugin"]

ISTIO = "istio-system"


def top(found: dict[str, Any]) -> set[str]:
    """The codes of what is told of the mesh, and of each pod."""
    return {f["code"] for f in found["findings"]} | {f["code"] for item in found["items"] for f in item["findings"]}


def soon(cluster: Cluster, what: str, ask: Callable[[], bool]) -> None:
    cluster.processes.wait_for(what, ask)


def follow(cluster: Cluster, command: str) -> None:
    """Run a command as it was printed, in a shell."""
    subprocess.run(
        ["bash", "-c", command], env=environ(cluster.kubeconfig), check=True, timeout=60, capture_output=True
    )


def steps(found: dict[str, Any]) -> list[str]:
    return [fix["command"] for fix in found["fixes"]]


@pytest.fixture(scope="module")
def app(cluster: Cluster) -> Iterator[str]:
    with a_namespace(cluster, "met", AMBIENT) as name:
        cluster.apply(pod("web", name))
        phase(cluster, name, "web", "Running")
        yield name


@pytest.fixture
def in_ambient(cluster: Cluster, plugin: Plugin, app: str) -> str:
    def enrolled() -> bool:
        (web,) = document(plugin("status", "-n", app, "-o", "json"))["items"]
        return bool(web["state"] == "Enrolled")

    soon(cluster, "web in ambient mode", enrolled)
    return app


def test_istiod_that_was_scaled_to_nothing(cluster: Cluster, plugin: Plugin, in_ambient: str) -> None:
    def told() -> set[str]:
        return top(document(plugin("status", "-n", in_ambient, "-o", "json")))

    assert "IstiodNotReady" not in told()
    cluster.kubectl("scale", "deployment", "istiod", "-n", ISTIO, "--replicas=0")
    try:
        soon(cluster, "no istiod to be told", lambda: "IstiodNotReady" in told())
        assert plugin("status", "-n", in_ambient, "--fail-on", "any").code == 3
        text = plugin("status", "-n", in_ambient).stdout
        assert text.startswith("✖ No pod of istiod is Ready"), text
    finally:
        cluster.kubectl("scale", "deployment", "istiod", "-n", ISTIO, "--replicas=1")
    soon(cluster, "istiod again", lambda: "IstiodNotReady" not in told())


@contextmanager
def mesh_config(cluster: Cluster, more: str) -> Iterator[None]:
    """The mesh's settings with some lines more, for a while."""
    path = f"/api/v1/namespaces/{ISTIO}/configmaps/istio"
    before = cluster.api.request("GET", path)["data"]["mesh"]
    patch = "application/merge-patch+json"
    cluster.api.request("PATCH", path, {"data": {"mesh": f"{before}\n{more}"}}, content_type=patch)
    try:
        yield
    finally:
        cluster.api.request("PATCH", path, {"data": {"mesh": before}}, content_type=patch)


NOT_HIDDEN = """discoverySelectors:
- matchExpressions:
  - {key: hidden-from-istiod, operator: DoesNotExist}
- matchLabels: {team: seen}
"""


def test_a_namespace_that_istiod_does_not_look_at(cluster: Cluster, plugin: Plugin) -> None:
    with a_namespace(cluster, "hidden", {**AMBIENT, "hidden-from-istiod": "yes"}) as name:
        cluster.apply(pod("web", name))
        annotated(cluster, name, "web")

        def told() -> set[str]:
            return top(document(plugin("status", "-n", name, "-o", "json")))

        assert "NamespaceNotDiscovered" not in told()
        with mesh_config(cluster, NOT_HIDDEN):
            soon(cluster, "the namespace to be told", lambda: "NamespaceNotDiscovered" in told())
            explained = document(plugin("explain", "pod", "web", "-n", name, "-o", "json"))
            assert "NamespaceNotDiscovered" in {f["code"] for f in explained["pod"]["findings"]}
            follow(cluster, steps(explained)[0])
            soon(cluster, "the advice to mend it", lambda: "NamespaceNotDiscovered" not in told())


def test_a_node_that_keeps_the_taint_for_new_nodes(cluster: Cluster, plugin: Plugin) -> None:
    node, taint = LINUX[0], "cni.istio.io/not-ready"
    cluster.kubectl("taint", "node", node, f"{taint}:NoSchedule")
    try:
        with a_namespace(cluster, "kept", AMBIENT) as name:
            waiting = pod("web", name)
            waiting["spec"]["nodeSelector"] = {"kubernetes.io/hostname": node}
            cluster.apply(waiting)

            def explained() -> dict[str, Any]:
                return document(plugin("explain", "pod", "web", "-n", name, "-o", "json"))

            def codes() -> set[str]:
                return {f["code"] for f in explained()["pod"]["findings"]}

            soon(cluster, "the taint to be told", lambda: "StartTaintKept" in codes())
            first = steps(explained())[0]
            assert first.startswith(f"kubectl taint node {node} {taint}"), first
            follow(cluster, first)
            phase(cluster, name, "web", "Running")
    finally:
        subprocess.run(
            ["bash", "-c", f"kubectl taint node {node} {taint}- || true"],
            env=environ(cluster.kubeconfig) | {"HOME": os.devnull},
            check=False,
            capture_output=True,
            timeout=60,
        )


def test_a_gateway_of_a_revision_without_ambient(cluster: Cluster, ambient: Runner) -> None:
    old: Object = deployment("istiod-old", ISTIO, labels={"istio.io/rev": "old"})
    old["metadata"]["labels"] = {"app": "istiod", "istio.io/rev": "old"}  # its pods keep `app: istiod-old`
    old["spec"]["template"]["spec"]["containers"] = [
        {"name": "discovery", "image": "docker.io/istio/pilot:1.20.0", "env": [{"name": "X", "value": "y"}]}
    ]
    with a_namespace(cluster, "whose", {**AMBIENT, "istio.io/use-waypoint": "wp"}) as name:
        gateway = {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "metadata": {"name": "wp", "namespace": name, "labels": {"istio.io/rev": "old"}},
            "spec": {
                "gatewayClassName": "istio-waypoint",
                "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}],
            },
        }
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "cart", "namespace": name},
            "spec": {"selector": {"app": "cart"}, "ports": [{"name": "http", "port": 80}]},
        }
        cluster.apply(old, gateway, service)
        try:

            def explained() -> dict[str, Any]:
                return document(ambient("waypoint", "explain", "svc", "cart", "-n", name, "-o", "json"))

            def binding() -> dict[str, Any]:
                found: dict[str, Any] = explained()["object"]
                return found

            soon(
                cluster,
                "whose it is to be told",
                lambda: "WaypointNotHandled" in {f["code"] for f in binding()["findings"]},
            )
            follow(cluster, steps(explained())[0])
            soon(cluster, "the advice to mend it", lambda: binding()["waypoint"] == f"{name}/wp")
        finally:
            cluster.kubectl("delete", "deployment", "istiod-old", "-n", ISTIO)


def test_a_gateway_whose_own_labels_lose_the_opt_out(cluster: Cluster, plugin: Plugin, ambient: Runner) -> None:
    with a_namespace(cluster, "edge", AMBIENT) as name:
        gateway = {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "metadata": {"name": "door", "namespace": name, "labels": {"istio.io/dataplane-mode": "none"}},
            "spec": {
                "gatewayClassName": "istio",
                "infrastructure": {"labels": {"team": "edge"}},
                "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}],
            },
        }
        cluster.apply(gateway)

        def told() -> set[str]:
            return top(document(plugin("status", "-n", name, "-o", "json")))

        soon(cluster, "the gateway to be captured", lambda: "GatewayCaptured" in told())
        labels = document(ambient("labels", "-n", name, "-o", "json"))
        assert "OptOutLost" in {f["code"] for item in labels["items"] for f in item["findings"]}
        (first, *_) = document(plugin("status", "-n", name, "-o", "json"))["items"]
        explained = document(plugin("explain", "pod", first["name"], "-n", name, "-o", "json"))
        follow(cluster, steps(explained)[0])
        soon(cluster, "the advice to mend it", lambda: "GatewayCaptured" not in told())
