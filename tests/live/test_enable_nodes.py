"""What enable and disable foretell comes true pod for pod, whatever state the agents of the nodes are in."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from tests.rig.agent import ANNOTATION, BEHAVIOUR
from tests.rig.api import Object
from tests.rig.cluster import Cluster
from tests.rig.kubectl import Result, Runner
from tests.rig.nodes import LINUX
from tests.rig.processes import wait_for
from tests.rig.workloads import pod

from .conftest import NewNamespace

CNI, ZTUNNEL = "istio-cni-node", "ztunnel"
SYSTEM = "/api/v1/namespaces/istio-system/pods"
DAEMONSETS = "/apis/apps/v1/namespaces/istio-system/daemonsets"
ONE, ALL = ("n3",), LINUX
AMBIENT = {"istio.io/dataplane-mode": "ambient"}
ROWS = {
    "Would move in": "in",
    "Moving in": "in",
    "Might be cut off": "doubtful",
    "Maybe cut off": "doubtful",
    "Would not get in": "not in",
    "Not getting in": "not in",
    "Would be CUT OFF": "cut off",
    "Being CUT OFF": "cut off",
    "Would move out": "out",
    "Moving out": "out",
    "Would stay in": "held in",
    "Staying in": "held in",
}
# What then is written on the pod by the agent.
BECOMES = {
    "in": "enabled",
    "not in": None,
    "doubtful": "pending",
    "cut off": "pending",
    "out": None,
    "held in": "enabled",
}


class Agents:
    """Puts the agents of nodes out of order, and back."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._sick: list[str] = []
        self._moved: dict[str, Object] = {}
        self._nodes: list[str] = []

    def not_ready(self, app: str, nodes: tuple[str, ...]) -> None:
        for found in self.pods(app):
            if found["spec"]["nodeName"] in nodes:
                self._ready(found["metadata"]["name"], "False")
                self._sick.append(found["metadata"]["name"])

    def absent(self, app: str, nodes: tuple[str, ...]) -> None:
        """By the affinity of the DaemonSet; OnDelete keeps the others as they are."""
        path = f"{DAEMONSETS}/{app}"
        before = self._cluster.api.get(path)
        assert before is not None
        self._moved[app] = {
            "updateStrategy": before["spec"]["updateStrategy"],
            "template": {"spec": {"affinity": before["spec"]["template"]["spec"].get("affinity")}},
        }
        where = {"key": "kubernetes.io/hostname", "operator": "NotIn", "values": [*nodes, "w1"]}
        term = {"nodeSelectorTerms": [{"matchExpressions": [where]}]}
        affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term}}
        strategy = {"type": "OnDelete", "rollingUpdate": None}
        spec = {"updateStrategy": strategy, "template": {"spec": {"affinity": affinity}}}
        self._cluster.api.patch(path, {"spec": spec})
        left = set(LINUX) - set(nodes)
        wait_for(f"{app} to go", lambda: {p["spec"]["nodeName"] for p in self.pods(app)} == left)

    def pending(self, nodes: tuple[str, ...]) -> None:
        """ztunnel is Ready and accepts no pod."""
        for node in nodes:
            self._annotate(node, "pending")
            self._nodes.append(node)

    def heal(self) -> None:
        for app, spec in self._moved.items():
            self._cluster.api.patch(f"{DAEMONSETS}/{app}", {"spec": spec})
        for name in self._sick:
            self._ready(name, "True")
        for node in self._nodes:
            self._annotate(node, None)
        self._sick, self._moved, self._nodes = [], {}, []
        wait_for("the agents", lambda: all(self._well(app) for app in (CNI, ZTUNNEL)))

    def pods(self, app: str) -> list[Object]:
        return self._cluster.pods("istio-system", f"{'app' if app == ZTUNNEL else 'k8s-app'}={app}")

    def _well(self, app: str) -> bool:
        ready = {
            found["spec"].get("nodeName")
            for found in self.pods(app)
            for c in found["status"].get("conditions", ())
            if (c["type"], c["status"]) == ("Ready", "True") and not found["metadata"].get("deletionTimestamp")
        }
        return ready == set(LINUX)

    def _ready(self, name: str, status: str) -> None:
        found = self._cluster.api.get(f"{SYSTEM}/{name}")
        if found is None:
            return
        conditions = [c | {"status": status} if c["type"] == "Ready" else c for c in found["status"]["conditions"]]
        self._cluster.api.patch(f"{SYSTEM}/{name}/status", {"status": {"conditions": conditions}})

    def _annotate(self, node: str, value: str | None) -> None:
        self._cluster.api.patch(f"/api/v1/nodes/{node}", {"metadata": {"annotations": {BEHAVIOUR: value}}})


@pytest.fixture
def agents(cluster: Cluster) -> Iterator[Agents]:
    """The agents of all nodes, well before and after the test."""
    found = Agents(cluster)
    yield found
    found.heal()


def place(cluster: Cluster, namespace: str) -> None:
    """A pod on each node, of the node's name."""
    cluster.apply(*(pod(node, namespace, node=node) for node in LINUX))
    wait_for("the pods", lambda: all(p["status"].get("podIP") for p in cluster.pods(namespace)))


def foretold(result: Result) -> dict[str, str]:
    """Which way each pod goes, by the rows."""
    found: dict[str, str] = {}
    for line in result.stderr.splitlines():
        title, rest = line[:17].strip(), line[17:]
        if title in ROWS:
            found |= dict.fromkeys(re.findall(r"(?<![-\w])(n\d) 1/1", rest), ROWS[title])
    return found


def written(cluster: Cluster, namespace: str) -> dict[str, str | None]:
    pods = cluster.pods(namespace)
    return {p["metadata"]["name"]: p["metadata"].get("annotations", {}).get(ANNOTATION) for p in pods}


def comes_true(cluster: Cluster, namespace: str, told: dict[str, str]) -> None:
    expected = {name: BECOMES[way] for name, way in told.items()}
    wait_for("what was foretold", lambda: written(cluster, namespace) == expected)
    time.sleep(0.7)  # what is not to move does not later either
    assert written(cluster, namespace) == expected


def break_(agents: Agents, cni: str, ztunnel: str, nodes: tuple[str, ...]) -> None:
    for app, state in ((CNI, cni), (ZTUNNEL, ztunnel)):
        if state == "not ready":
            agents.not_ready(app, nodes)
        elif state == "absent":
            agents.absent(app, nodes)


@pytest.mark.parametrize("nodes", [ONE, ALL], ids=["one", "all"])
@pytest.mark.parametrize(
    ("cni", "ztunnel", "way"),
    [
        ("ready", "ready", "in"),
        ("not ready", "ready", "not in"),
        ("absent", "ready", "not in"),
        ("ready", "not ready", "cut off"),
        ("ready", "absent", "cut off"),
        ("not ready", "not ready", "not in"),
        ("absent", "absent", "not in"),
    ],
)
def test_enable(
    cluster: Cluster,
    namespace: str,
    ambient: Runner,
    agents: Agents,
    cni: str,
    ztunnel: str,
    way: str,
    nodes: tuple[str, ...],
) -> None:
    place(cluster, namespace)
    break_(agents, cni, ztunnel, nodes)
    dry = ambient("enable", "ns", namespace, "--dry-run=server")
    told = foretold(dry)
    assert (dry.code, told) == (0, {node: way if node in nodes else "in" for node in LINUX})
    real = ambient("enable", "ns", namespace)
    if way == "cut off":
        assert (real.code, real.stdout) == (1, "")
        assert "--force labels it all the same" in real.stderr
        comes_true(cluster, namespace, dict.fromkeys(LINUX, "out"))
        real = ambient("enable", "ns", namespace, "--force")
    assert (real.code, real.stdout) == (0, f"namespace/{namespace} labeled\n")
    assert foretold(real) == told
    comes_true(cluster, namespace, told)


def test_enable_where_a_pod_waits_for_a_ready_ztunnel(
    cluster: Cluster, namespace: str, ambient: Runner, agents: Agents
) -> None:
    """That ztunnel accepts nothing shows only on a pod that it has not accepted."""
    agents.pending(ONE)
    own = [pod(f"own-{node}", namespace, node=node, labels=AMBIENT) for node in LINUX]
    place(cluster, namespace)
    cluster.apply(*own)
    time.sleep(31)  # before, the agents may just not have come to it
    told = foretold(ambient("enable", "ns", namespace, "--dry-run=server"))
    assert told == {node: "doubtful" if node in ONE else "in" for node in LINUX}
    real = ambient("enable", "ns", namespace)
    assert (real.code, foretold(real)) == (0, told)
    owns = {f"own-{node}": way for node, way in told.items()}
    comes_true(cluster, namespace, told | owns)


@pytest.mark.parametrize("nodes", [ONE, ALL], ids=["one", "all"])
@pytest.mark.parametrize(
    ("cni", "ztunnel", "way"),
    [
        ("not ready", "ready", "held in"),
        ("absent", "ready", "held in"),
        ("ready", "not ready", "out"),
        ("ready", "absent", "out"),
    ],
)
def test_disable(
    cluster: Cluster,
    new_namespace: NewNamespace,
    ambient: Runner,
    agents: Agents,
    cni: str,
    ztunnel: str,
    way: str,
    nodes: tuple[str, ...],
) -> None:
    namespace = new_namespace(AMBIENT)
    place(cluster, namespace)
    comes_true(cluster, namespace, dict.fromkeys(LINUX, "in"))
    break_(agents, cni, ztunnel, nodes)
    dry = ambient("disable", "ns", namespace, "--dry-run=server")
    told = foretold(dry)
    assert (dry.code, told) == (0, {node: way if node in nodes else "out" for node in LINUX})
    real = ambient("disable", "ns", namespace)
    assert (real.code, foretold(real)) == (0, told)
    comes_true(cluster, namespace, told)
    agents.heal()
    comes_true(cluster, namespace, dict.fromkeys(LINUX, "out"))
