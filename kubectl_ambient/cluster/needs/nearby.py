"""What concerns a few pods only: their nodes, the agents on these, their owners and events."""

from __future__ import annotations

from kubectl_ambient.cluster.kinds.events import EVENTS
from kubectl_ambient.cluster.kinds.nodes import NODES, WHOLE_NODES
from kubectl_ambient.cluster.kinds.pods import CNI_PODS, ZTUNNEL_PODS
from kubectl_ambient.cluster.needs.ask import Ask
from kubectl_ambient.cluster.needs.owners import controllers
from kubectl_ambient.cluster.owners import owner_of
from kubectl_ambient.cluster.snapshot import Snapshot

_FEW_NODES = 8  # up to so many are asked for one by one


def around(snapshot: Snapshot) -> list[Ask]:
    """What follows from the pods of the snapshot."""
    nodes = sorted({pod.node for pod in snapshot.pods if pod.node})
    few = len(nodes) <= _FEW_NODES
    asks = [Ask(kind=WHOLE_NODES, name=name) for name in nodes] if few else [Ask(kind=NODES)]
    # Where the DaemonSet may not be read, "no agent on this node" would look like "not installed".
    if few and not snapshot.cni_daemonsets.refusal:
        asks += [ask for name in nodes for ask in _agents_on(name)]
    else:
        asks += [Ask(kind=CNI_PODS), Ask(kind=ZTUNNEL_PODS)]
    for namespace in dict.fromkeys(pod.namespace for pod in snapshot.pods):
        pods = [pod for pod in snapshot.pods if pod.namespace == namespace]
        # The owner that a ReplicaSet's name tells is read beside the ReplicaSet, which may name another.
        asks += controllers(namespace, {o for pod in pods for o in (pod.owner, owner_of(pod, {})) if o})
    about = "involvedObject.kind=Pod,involvedObject.name="
    return asks + [Ask(kind=EVENTS, namespace=p.namespace, field_selector=f"{about}{p.name}") for p in snapshot.pods]


def _agents_on(node: str) -> list[Ask]:
    where = f"spec.nodeName={node}"
    return [
        Ask(kind=kind, field_selector=where, what=f"{kind.list_words} on {node}") for kind in (CNI_PODS, ZTUNNEL_PODS)
    ]
