"""Pods in every relation to their ztunnel: real port-forwards through the API server to played ztunnels.

Kubernetes' side is written as istio-cni would write it, the other side stands in the dumps. Nobody is younger than
30 s when the scene is ready, since such pods are not judged.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from kubectl_ambient.cli import app
from tests.rig.api import Object
from tests.rig.forwarding import ForwardingCluster
from tests.rig.kubectl import Result
from tests.rig.workloads import AMBIENT, OPTED_OUT, deployment, namespace, pod
from tests.rig.ztunnel import PlayedZtunnel, dump_of, enrolled, known

NODES = ("n1", "n2")
ISTIO = "istio-system"
SHOP = "shop"
PORT, METRICS, READINESS, OF_AGENT = 15000, 15020, 15021, 15014
CONNECTED = "# TYPE ztunnel_connected gauge\nztunnel_connected 1\n# EOF\n"
_YOUNG = timedelta(seconds=31)
_IN = ("served", "carries", "lost", "held", "plain", "nameless", "expired")
_PODS = {**dict.fromkeys(_IN, "enabled"), "waits": "pending", "unwritten": None, "kept": None, "out": None}


class Scene:
    """The cluster, and a played ztunnel for each node."""

    def __init__(self, cluster: ForwardingCluster) -> None:
        self.cluster = cluster
        self.ztunnels = {node: PlayedZtunnel() for node in NODES}
        self.pods: dict[str, Object] = {}

    def build(self) -> None:
        """Create all of it, and wait until it is old enough."""
        cluster = self.cluster
        for name in (ISTIO, SHOP):
            cluster.apply(namespace(name, AMBIENT if name == SHOP else None))
            account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
            cluster.processes.wait_for("a ServiceAccount", partial(cluster.api.get, account))
        cluster.apply(config(), *agents())
        for name in _PODS:
            labels = OPTED_OUT if name in ("kept", "out") else {}
            cluster.apply(pod(name, SHOP, labels=labels, node="n1"))
        cluster.apply(deployment("web", SHOP, node="n2"))
        for node in NODES:
            agent = cluster.processes.wait_for(f"ztunnel on {node}", partial(self._ztunnel, node))
            cluster.lead(ISTIO, agent["metadata"]["name"], PORT, self.ztunnels[node].port)
            for port in (METRICS, READINESS):
                cluster.lead_address(agent["status"]["podIP"], port, self.ztunnels[node].port)
            cni = cluster.processes.wait_for(f"istio-cni on {node}", partial(self._cni, node))
            cluster.lead_address(cni["status"]["podIP"], OF_AGENT, self.ztunnels[node].port)
        cluster.processes.wait_for("the pods", self._all_run)
        for found in cluster.pods(SHOP):
            name = found["metadata"]["name"]
            written = _PODS.get(name, "enabled")
            if written:
                self.annotate(name, written)
        self.pods = {p["metadata"].get("labels", {}).get("app", ""): p for p in cluster.pods(SHOP)}
        self.say_well()
        cluster.processes.wait_for("some age", self._all_are_old)

    def annotate(self, name: str, value: str | None) -> None:
        """As istio-cni writes it."""
        change = {"metadata": {"annotations": {"ambient.istio.io/redirection": value}}}
        self.cluster.api.patch(f"/api/v1/namespaces/{SHOP}/pods/{name}", change)

    def uid(self, name: str) -> str:
        """That of a pod."""
        found: str = self.pods[name]["metadata"]["uid"]
        return found

    def say_well(self, *odd: str) -> None:
        """Have the ztunnels say what makes each pod what it is called; the odd ones only where they are named.

        Those have the plugin ask again, half a minute later.
        """
        entries = [enrolled(self.uid(n), SHOP, n) for n in (*_IN, *odd) if n not in ("lost", "held")]
        state = dict([*entries, enrolled(self.uid("held"), SHOP, "held", state="Pending")])
        state[self.uid("expired")]["info"]["serviceAccount"] = "expired"
        ip = self.pods["carries"]["status"]["podIP"]
        outbound = {"src": f"{ip}:47000", "originalDst": "10.96.0.1:80", "actualDst": "10.244.9.9:15008"}
        state[self.uid("carries")]["connections"]["outbound"].append(outbound)
        web = self.pods["web"]
        workloads = [
            known(SHOP, name, "n1", f"10.244.1.{number}", protocol="TCP" if name == "plain" else "HBONE")
            for number, name in enumerate(_IN)
            if name != "nameless"
        ]
        workloads.append(known(SHOP, web["metadata"]["name"], "n2", "10.244.2.9"))
        old = {"validFrom": "2020-01-01T00:00:00Z", "expirationTime": "2020-01-02T00:00:00Z", "pem": "UEVN"}
        certificate = {
            "identity": f"spiffe://cluster.local/ns/{SHOP}/sa/expired",
            "state": "Available",
            "certChain": [old],
        }
        self.ztunnels["n1"].dump = dump_of("n1", workloadState=state, workloads=workloads, certificates=[certificate])
        there = dict([enrolled(web["metadata"]["uid"], SHOP, web["metadata"]["name"])])
        self.ztunnels["n2"].dump = dump_of("n2", workloadState=there, workloads=workloads)
        for ztunnel in self.ztunnels.values():
            ztunnel.manner = "well"
            ztunnel.pending, ztunnel.of_agent = "", CONNECTED
            ztunnel.asked.clear()

    def _ztunnel(self, node: str) -> Object | None:
        return self._agent("app=ztunnel", node)

    def _cni(self, node: str) -> Object | None:
        return self._agent("k8s-app=istio-cni-node", node)

    def _agent(self, selector: str, node: str) -> Object | None:
        found = self.cluster.pods(ISTIO, selector)
        return next((p for p in found if p["spec"].get("nodeName") == node and _is_ready(p)), None)

    def _all_run(self) -> bool:
        found = self.cluster.pods(SHOP)
        return len(found) == len(_PODS) + 1 and all(p["status"].get("podIP") for p in found)

    def _all_are_old(self) -> bool:
        created = (p["metadata"]["creationTimestamp"] for p in self.pods.values())
        return datetime.now(UTC) - max(map(datetime.fromisoformat, created)) > _YOUNG


Here = Callable[..., Result]


@pytest.fixture
def shop(ztunnel_scene: Scene) -> Scene:
    """The scene, where the ztunnels say what makes each pod what it is called."""
    ztunnel_scene.say_well()
    return ztunnel_scene


@pytest.fixture
def here(shop: Scene, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Here:
    """The plugin in this process: `here("status", "-n", SHOP)`."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("KUBE"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("KUBECONFIG", str(shop.cluster.kubeconfig))

    def call(*arguments: str) -> Result:
        code = app.run(["kubectl-ambient", *arguments])
        out, err = capsys.readouterr()
        return Result(out, err, code)

    return call


@contextlib.contextmanager
def scene() -> Iterator[Scene]:
    """The scene while it stands."""
    cluster = ForwardingCluster()
    found = Scene(cluster)
    try:
        cluster.start()
        found.build()
        yield found
    finally:
        cluster.stop()
        for ztunnel in found.ztunnels.values():
            ztunnel.stop()


def _is_ready(found: Object) -> bool:
    conditions = found.get("status", {}).get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def config() -> Object:
    """The settings of istio-cni."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "istio-cni-config", "namespace": ISTIO},
        "data": {
            "AMBIENT_ENABLED": "true",
            "AMBIENT_DNS_CAPTURE": "true",
            "CURRENT_AGENT_VERSION": "1.30.3",
            "EXCLUDE_NAMESPACES": "kube-system",
            "AMBIENT_ENABLEMENT_SELECTOR": (
                "- podSelector: {matchLabels: {istio.io/dataplane-mode: ambient}}\n"
                "- podSelector: {matchExpressions: [{key: istio.io/dataplane-mode, operator: NotIn, values: [none]}]}\n"
                "  namespaceSelector: {matchLabels: {istio.io/dataplane-mode: ambient}}\n"
            ),
        },
    }


def agents() -> list[Object]:
    """The DaemonSets of istio-cni and ztunnel."""
    return [_agent("istio-cni-node", "k8s-app"), _agent("ztunnel", "app")]


def _agent(name: str, key: str) -> Object:
    """A DaemonSet as Istio's charts have it, as far as anybody looks at it."""
    image = "install-cni" if key == "k8s-app" else "ztunnel"
    labels = {key: name, **OPTED_OUT}
    container: Object = {"name": image, "image": f"docker.io/istio/{image}:1.30.3"}
    if key == "k8s-app":
        container["envFrom"] = [{"configMapRef": {"name": "istio-cni-config"}}]
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": ISTIO, "labels": {key: name}},
        "spec": {
            "selector": {"matchLabels": {key: name}},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "containers": [container],
                    "nodeSelector": {"kubernetes.io/os": "linux"},
                    "tolerations": [{"operator": "Exists"}],
                },
            },
        },
    }
