"""What was the same before and after ztunnels were asked: only that can be held against what they said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Pod, Unread
from kubectl_ambient.cluster.kinds.namespaces import NAMESPACES
from kubectl_ambient.cluster.kinds.pods import ON_NETWORK, PODS, ZTUNNEL_PODS
from kubectl_ambient.cluster.kinds.policies import AUTHORIZATION_POLICIES
from kubectl_ambient.cluster.needs.ask import Ask
from kubectl_ambient.cluster.reading.cluster import ask
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.api import Client

_BY_NAME = 5  # so few pods are read one by one
_MOST_NAMESPACES = 5


def leave_out_what_changed(
    client: Client, snapshot: Snapshot, pods: Sequence[Pod], ztunnels: Mapping[str, Pod]
) -> None:
    """Take out of the snapshot what is no more as it was. ztunnels: those that were asked, by node.

    Raises KubeError where the API server is lost.
    """
    policies, after = snapshot.authorization_policies, Snapshot(now=snapshot.now)
    places = sorted(policies.places) if policies.facts else ()
    again = [Ask(kind=AUTHORIZATION_POLICIES, namespace=place) for place in places]
    ask(client, after, [*_pods(pods), Ask(kind=ZTUNNEL_PODS), *again])
    for pod in pods:
        key = f"{pod.namespace}/{pod.name}"
        if _compared(snapshot, key) != _compared(after, key):
            snapshot.on_network.facts.pop(key, None)
            snapshot.on_network.unread[key] = Unread(what="compare it", why="it changed while its ztunnel was asked")
    for node, ztunnel in ztunnels.items():
        if _is_another(after, ztunnel):
            why = "it was replaced, or became Ready or not, while it was asked"
            snapshot.ztunnels = {**(snapshot.ztunnels or {}), node: unasked(node, why)}
    kept = after.authorization_policies.fact
    snapshot.kept_policies = frozenset(key for key, fact in policies.facts.items() if kept(key) == fact)


def unasked(node: str, why: object) -> Unread:
    """Why the ztunnel of a node did not tell."""
    return Unread(what=f"ask ztunnel on {node}", why=str(why).removeprefix("error: "))


def _pods(pods: Sequence[Pod]) -> Iterator[Ask]:
    namespaces = sorted({pod.namespace for pod in pods})
    few_namespaces = len(namespaces) <= _MOST_NAMESPACES
    yield from (Ask(kind=NAMESPACES, name=name) for name in (namespaces if few_namespaces else [""]))
    if len(pods) <= _BY_NAME:
        yield from (Ask(kind=PODS, namespace=p.namespace, name=p.name, also=(ON_NETWORK,)) for p in pods)
        return
    for place in namespaces if few_namespaces else [""]:
        yield Ask(kind=PODS, namespace=place, also=(ON_NETWORK,), must=True)


def _compared(snapshot: Snapshot, key: str) -> Iterable[object]:
    """By what a pod is judged: its labels and its namespace's tell what is meant, and these people change."""
    pod, known = snapshot.pods.fact(key), snapshot.on_network.fact(key)
    home = snapshot.namespaces.fact(pod.namespace) if pod else None
    meant = pod and (pod.labels.get(DATAPLANE_MODE), home and home.labels.get(DATAPLANE_MODE))
    return meant, pod and (pod.phase, pod.node, pod.annotations.redirection, pod.deleting), known and known.uid


def _is_another(after: Snapshot, ztunnel: Pod) -> bool:
    """Whether it is about to end by now, or has come to be Ready or not: one that starts has no pods yet."""
    if after.ztunnel_pods.refusal:
        return False
    now = after.ztunnel_pods.fact(f"{ztunnel.namespace}/{ztunnel.name}")
    return now is None or now.deleting is not None or now.ready != ztunnel.ready
