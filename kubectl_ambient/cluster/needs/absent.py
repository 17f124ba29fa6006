"""Why an agent is not on a node, a pod on none, or one does not end: asked for only where it is so."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, NOT_READY_TAINT, SOME_TAINT, Namespace
from kubectl_ambient.cluster.kinds.events import AGENT_EVENTS, DAEMONSET_REFUSED, EVENTS, KILL_FAILED
from kubectl_ambient.cluster.kinds.nodes import WHOLE_NODES
from kubectl_ambient.cluster.kinds.pods import CNI_PODS
from kubectl_ambient.cluster.needs.ask import Ask
from kubectl_ambient.cluster.snapshot import Snapshot

_MOST_NODES = 8  # of so many the taints are read, where agents are missing on more


def refused_agents(snapshot: Snapshot) -> list[Ask]:
    """What refused the pods of Istio's DaemonSets, where they have fewer than they should."""
    daemonsets = (*snapshot.cni_daemonsets, *snapshot.ztunnel_daemonsets)
    return [
        Ask(
            kind=AGENT_EVENTS,
            namespace=found.namespace,
            field_selector=f"{DAEMONSET_REFUSED},involvedObject.name={found.name}",
        )
        for found in daemonsets
        if found.lacks_pods
    ]


def kept_nodes(snapshot: Snapshot, *, agents: bool) -> list[Ask]:
    """All nodes with their taints, where Istio's own keeps a pod from them; `agents`: and istio-cni's pods on them."""
    kept = any(NOT_READY_TAINT in pod.unscheduled or SOME_TAINT in pod.unscheduled for pod in snapshot.pods)
    asks = [Ask(kind=WHOLE_NODES), *([Ask(kind=CNI_PODS)] if agents else [])]
    return asks if kept else []


def bare_nodes(snapshot: Snapshot) -> list[Ask]:
    """The taints of the nodes on which pods that may ask for ambient lack an agent that has a DaemonSet."""
    known, home = snapshot.nodes.facts, snapshot.namespaces
    asked = {pod.node for pod in snapshot.pods if pod.node and _may_ask(pod.labels, home.get(pod.namespace))}
    bare: set[str] = set()
    for daemonsets, pods in (
        (snapshot.cni_daemonsets, snapshot.cni_pods),
        (snapshot.ztunnel_daemonsets, snapshot.ztunnel_pods),
    ):
        if daemonsets and not pods.refusal:
            bare |= asked - {pod.node for pod in pods}
    fit = sorted(name for name in bare if name not in known or known[name].runs_daemonsets)
    return [Ask(kind=WHOLE_NODES, name=name) for name in fit[:_MOST_NODES]]


def _may_ask(labels: dict[str, str], namespace: object) -> bool:
    of_namespace = namespace.labels if isinstance(namespace, Namespace) else {}
    return "ambient" in (labels.get(DATAPLANE_MODE), of_namespace.get(DATAPLANE_MODE))


def kept_pods(snapshot: Snapshot, places: Iterable[str]) -> list[Ask]:
    """What keeps pods that are to end."""
    if not any(pod.deleting for pod in snapshot.pods):
        return []
    return [Ask(kind=EVENTS, namespace=place, field_selector=KILL_FAILED) for place in places]
