"""What concerns a few pods only: their nodes, the agents on these, their owners and events."""

from __future__ import annotations

from functools import partial

from kubectl_ambient.cluster.api import Api
from kubectl_ambient.cluster.facts import Node, Pod, Unread
from kubectl_ambient.cluster.owners import owner_of
from kubectl_ambient.cluster.reads import Read, into, onto
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.cluster.wire import CNI_LABEL, ZTUNNEL_LABEL
from kubectl_ambient.cluster.workload_reads import WorkloadReads
from kubectl_ambient.kube.errors import KubeError

_FEW_NODES = 8  # up to so many are asked for one by one


def nearby(api: Api, snapshot: Snapshot, workloads: WorkloadReads) -> list[Read]:
    """The reads that follow from the pods of the snapshot."""
    nodes = sorted({pod.node for pod in snapshot.pods if pod.node})
    few = len(nodes) <= _FEW_NODES
    reads = [_node(api, snapshot, name) for name in nodes] if few else [all_nodes(api, snapshot)]
    # Where the DaemonSet may not be read, "no agent on this node" would look like "not installed".
    if few and not isinstance(snapshot.cni_daemonsets, Unread):
        reads += [read for name in nodes for read in _agents_on(api, snapshot, name)]
    else:
        reads += all_agents(api, snapshot)
    for namespace in {pod.namespace for pod in snapshot.pods}:
        pods = [pod for pod in snapshot.pods if pod.namespace == namespace]
        # The owner that a ReplicaSet's name tells is read beside the ReplicaSet, which may name another.
        owners = {owner for pod in pods for owner in (pod.owner, owner_of(pod, {})) if owner}
        reads += workloads.owners(namespace, owners)
    return reads + [_events(api, snapshot, pod) for pod in snapshot.pods]


def all_nodes(api: Api, snapshot: Snapshot) -> Read:
    """Every node."""

    def take(found: list[Node]) -> None:
        snapshot.nodes = {node.name: node for node in found}

    def refused(unread: Unread, _: KubeError) -> None:
        snapshot.nodes = unread

    return Read("list nodes", api.nodes, take, refused)


def all_agents(api: Api, snapshot: Snapshot) -> list[Read]:
    """Every pod of istio-cni and of ztunnel."""
    return [
        into(snapshot, "cni_pods", "list pods of istio-cni", partial(api.agents, CNI_LABEL)),
        into(snapshot, "ztunnel_pods", "list pods of ztunnel", partial(api.agents, ZTUNNEL_LABEL)),
    ]


def _node(api: Api, snapshot: Snapshot, name: str) -> Read:
    def take(node: Node) -> None:
        if not isinstance(snapshot.nodes, Unread):
            snapshot.nodes[name] = node

    def refused(unread: Unread, _: KubeError) -> None:
        if unread.why != "not found":
            snapshot.nodes = unread

    return Read(f"get node {name}", partial(api.node, name), take, refused)


def _agents_on(api: Api, snapshot: Snapshot, node: str) -> list[Read]:
    return [
        onto(snapshot, "cni_pods", f"list pods of istio-cni on {node}", partial(api.agents, CNI_LABEL, node)),
        onto(snapshot, "ztunnel_pods", f"list pods of ztunnel on {node}", partial(api.agents, ZTUNNEL_LABEL, node)),
    ]


def _events(api: Api, snapshot: Snapshot, pod: Pod) -> Read:
    about = f"involvedObject.kind=Pod,involvedObject.name={pod.name}"
    return onto(snapshot, "events", "list events", partial(api.events, pod.namespace, field_selector=about))
