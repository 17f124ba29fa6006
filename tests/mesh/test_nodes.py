"""The mesh by node: what its agents are, and what of its pods is in, on its way, cut off, or not in."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from kubectl_ambient.cluster.facts import Node, Pod, Unread
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.nodes import NodeRow, by_node
from tests.mesh.builders import AMBIENT, NONE, agent, cluster, pod, redirected

VERSION = "1.30.3"
NODES = {
    "n1": Node(name="n1", taints=()),
    "n2": Node(name="n2", taints=()),
    "n3": Node(name="n3", taints=()),
    "w1": Node(name="w1", labels={"kubernetes.io/os": "windows"}),
}


def on(node: str, value: str | None, labels: dict[str, str] | None = None, **fields: Any) -> Pod:
    return pod(
        labels,
        name=f"web-{node}-{value}-{bool(labels)}-{len(fields)}",
        node=node,
        annotations=redirected(value),
        **fields,
    )


PODS = [
    on("n1", "enabled"),
    on("n1", "pending"),
    on("n1", "enabled", phase="Succeeded"),  # has ended: not counted
    on("n2", "enabled"),
    on("n2", "pending"),
    on("n2", None, NONE),
    on("n2", "enabled", NONE),  # still redirected, to a ztunnel that is not Ready
    on("n3", None),
    on("w1", None),
    on("", None),
]


def rows(**parts: Any) -> dict[str, NodeRow]:
    sick = structs.replace(agent("ztunnel", VERSION, "n2"), ready=False)
    settings: dict[str, Any] = {
        "pods": PODS,
        "nodes": NODES,
        "cni_pods": [agent("istio-cni-node", VERSION, node) for node in ("n1", "n2")],
        "ztunnel_pods": [agent("ztunnel", "1.30.1-distroless", "n1"), sick, agent("ztunnel", VERSION, "n3")],
    }
    snapshot = cluster(namespace_labels=AMBIENT, **{**settings, **parts})
    judge = Judge(snapshot)
    return {row.name: row for row in by_node(judge, [(one, judge.judge_kind(one)) for one in snapshot.pods])}


def test_what_is_counted() -> None:
    counted = {name: (r.pods, r.inside, r.pending, r.cut_off, r.not_in) for name, r in rows().items()}
    assert counted == {
        "n1": (2, 1, 1, 0, 0),
        "n2": (4, 1, 1, 3, 2),
        "n3": (1, 0, 0, 0, 1),
        "w1": (1, 0, 0, 0, 1),
        "": (1, 0, 1, 0, 0),
    }


def test_the_agents_of_each() -> None:
    found = rows()
    agents = {name: (row.cni.status, row.ztunnel.status) for name, row in found.items()}
    assert agents == {
        "n1": ("ready", "ready"),
        "n2": ("ready", "not ready"),
        "n3": ("missing", "ready"),
        "w1": ("none", "none"),
        "": ("none", "none"),
    }
    assert found["n1"].ztunnel.version == "1.30.1-distroless"
    assert found["n1"].ztunnel.pod == "istio-system/ztunnel-n1"
    assert found["n2"].ztunnel.why == "ztunnel on n2 is not Ready"
    assert found["n3"].cni.why == "no istio-cni pod runs on n3"
    assert [name for name, row in found.items() if row.attention] == ["n2", "n3"]


def test_agents_that_may_not_be_listed_are_not_missing() -> None:
    found = rows(ztunnel_pods=Unread(what="list pods of ztunnel", why="forbidden"))
    assert {row.ztunnel.status for name, row in found.items() if name in NODES and name != "w1"} == {"unread"}
    assert sum(row.cut_off for row in found.values()) == 0
    assert not found["n1"].attention


def test_nodes_that_may_not_be_listed_are_those_that_pods_and_agents_name() -> None:
    assert set(rows(nodes=Unread(what="list nodes", why="forbidden"))) == {"n1", "n2", "n3", "w1", ""}
