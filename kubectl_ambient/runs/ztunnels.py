"""Asks the ztunnels of nodes what they have: one dump a node, a few nodes side by side, and nothing but reading.

The pods are read before and after it, since only what stayed as it was can be compared.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from functools import partial

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, FORBIDDEN, Namespace, Pod, Unread
from kubectl_ambient.cluster.kinds.pods import ON_NETWORK, PODS
from kubectl_ambient.cluster.kinds.policies import AUTHORIZATION_POLICIES
from kubectl_ambient.cluster.needs.ask import Ask
from kubectl_ambient.cluster.reading.cluster import ask
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.cluster.ztunnel.counts import Counts, counts_in
from kubectl_ambient.cluster.ztunnel.dump import Dump, Proxied
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import KubeError
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.ztunnel.proofs import WITNESSES
from kubectl_ambient.render.say import say

_PORT, _PATH = 15000, "/config_dump"
_METRICS_PORT, _METRICS = 15020, "stats/prometheus"
_SILENCE = 10.0  # seconds
_LARGEST = 256 << 20  # bytes; every ztunnel holds the whole mesh, about 1.3 kB a pod
_SIDE_BY_SIDE = 4
_LATER = 30.0  # seconds between two samples
_BY_NAME = 5  # so few pods are read one by one
_MOST_NAMESPACES = 5
# From here on the API server wants `create` as well, for what is authorized as `get`
# [k8s.io/kubernetes/pkg/registry/core/pod/rest, AuthorizePodWebsocketUpgradeCreatePermission].
_CREATE_FROM = 35


def ask_ztunnels(client: Client, snapshot: Snapshot) -> None:
    """Have the snapshot hold what the ztunnels of the pods in question say, or why they could not be asked.

    What changed meanwhile is taken out of it: the facts by which a pod would be compared. Raises KubeError where the
    API server is lost.
    """
    pods = [pod for pod in snapshot.pods if _in_question(pod, snapshot)]
    nodes = sorted({pod.node for pod in pods})
    asked = {node: _ztunnel(snapshot, node) for node in nodes}
    refused = {
        namespace: _refused(client, namespace)
        for namespace in sorted({found.namespace for found in asked.values() if isinstance(found, Pod)})
    }
    keys = {node: {f"{pod.namespace}/{pod.name}" for pod in pods if pod.node == node} for node in nodes}
    every = set().union(*keys.values())
    calls = [
        # Each holds the whole mesh: two keep what they say of all these pods, for the others to be held against.
        partial(_answer, client, node, found, refused, every if number < WITNESSES else keys[node])
        for number, (node, found) in enumerate(asked.items())
    ]
    answers = client.side_by_side(calls, workers=_SIDE_BY_SIDE)
    snapshot.ztunnels = {
        node: _unasked(node, answer) if isinstance(answer, KubeError) else answer
        for node, answer in zip(nodes, answers, strict=True)
    }
    if any(isinstance(answer, Dump | Counts) for answer in snapshot.ztunnels.values()):
        snapshot.gone_pods = _gone_pods(client, snapshot, asked)
        _leave_out_what_changed(client, snapshot, pods)
        snapshot.kept_policies = _kept_policies(client, snapshot)


def _in_question(pod: Pod, snapshot: Snapshot) -> bool:
    """Whether its node's ztunnel may have it: it is redirected, or asks for ambient."""
    if not pod.node or pod.finished:
        return False
    home = snapshot.namespaces.get(pod.namespace)
    labels = home.labels if isinstance(home, Namespace) else {}
    asks = "ambient" in (pod.labels.get(DATAPLANE_MODE), labels.get(DATAPLANE_MODE))
    return asks or pod.annotations.redirection in ("enabled", "pending")


def _ztunnel(snapshot: Snapshot, node: str) -> Pod | Unread:
    """The newest of the node that runs: one that ends has closed its ears."""
    if unread := snapshot.ztunnel_pods.refusal:
        return unread
    runs = [pod for pod in snapshot.ztunnel_pods if pod.node == node and pod.phase == "Running" and not pod.deleting]
    if not runs:
        return _unasked(node, "none runs there")
    return max(runs, key=lambda pod: (pod.created is not None and pod.created.timestamp(), pod.name))


def _refused(client: Client, namespace: str) -> Unread | None:
    """The right that a dump lacks; None where it lacks none, or where that cannot be told."""
    verbs = ["get", "create"] if client.version().minor_number >= _CREATE_FROM else ["get"]
    for verb in verbs:
        if not _may(client, verb, "portforward", namespace):
            return Unread(what=f"{verb} pods/portforward in namespace {namespace}", why=FORBIDDEN)
    return None


def _may(client: Client, verb: str, subresource: str, namespace: str) -> bool:
    """What cannot be told is tried."""
    try:
        return client.may(verb, "pods", subresource, namespace)
    except KubeError:
        return True


def _answer(
    client: Client, node: str, found: Pod | Unread, refused: dict[str, Unread | None], pods: set[str]
) -> Dump | Counts | Unread:
    if isinstance(found, Unread):
        return found
    if unread := refused[found.namespace]:
        return _counts(client, found) or unread
    from kubectl_ambient.cluster.ztunnel.reading import decoded

    try:
        body = client.get_from_pod(found.namespace, found.name, _PORT, _PATH, seconds=_SILENCE, limit=_LARGEST)
        return decoded(body, pods)
    except (KubeError, ValueError) as error:
        return _unasked(node, error)


def _counts(client: Client, ztunnel: Pod) -> Counts | None:
    """What its metrics tell, for who may read them and no dump; None where they are not to be had either."""
    if not _may(client, "get", "proxy", ztunnel.namespace):
        return None
    try:
        return counts_in(client.proxied_get(ztunnel.namespace, ztunnel.name, _METRICS_PORT, _METRICS).decode())
    except (KubeError, UnicodeDecodeError):
        return None


def _unasked(node: str, why: object) -> Unread:
    return Unread(what=f"ask ztunnel on {node}", why=str(why).removeprefix("error: "))


def _gone_pods(client: Client, snapshot: Snapshot, asked: dict[str, Pod | Unread]) -> frozenset[str]:
    """The uids of pods that ztunnels serve and that are no more, in two samples: one that ends is served a while."""
    strangers = {
        node: found
        for node, said in (snapshot.ztunnels or {}).items()
        if isinstance(said, Dump) and (found := _unknown(said, snapshot)) and isinstance(asked[node], Pod)
    }
    namespaces = {namespace for found in strangers.values() for namespace in found.values()}
    gone = _without_those_there(client, snapshot, namespaces, {uid for found in strangers.values() for uid in found})
    nodes = [node for node, found in strangers.items() if gone & found.keys()]
    if not nodes:
        return frozenset()
    whose = f"ztunnel on {few(nodes)} has" if len(nodes) == 1 else f"ztunnels on {few(nodes)} have"
    say(f"{whose} pods that are gone: asking again in {_LATER:.0f} s, as such are kept a while", file=sys.stderr)
    time.sleep(_LATER)
    pods = [pod for node in nodes if isinstance(pod := asked[node], Pod)]
    again = client.side_by_side([partial(_answer, client, pod.node, pod, {pod.namespace: None}, set()) for pod in pods])
    kept = {uid for said in again if isinstance(said, Dump) for uid, entry in _up(said).items()}
    return _without_those_there(client, snapshot, namespaces, gone & kept)


def _unknown(said: Dump, snapshot: Snapshot) -> dict[str, str]:
    """The namespaces of the pods that it serves and that nobody has listed, by their uids."""
    known = {pod.uid for pod in snapshot.on_network}
    entries = _up(said).items()
    return {uid: e.namespace for uid, e in entries if uid not in known and snapshot.on_network.covers(e.namespace)}


def _up(said: Dump) -> dict[str, Proxied]:
    """Entries that are Pending are known to be left behind; to Istio 1.23 none tells whose it is."""
    return {uid: entry for uid, entry in (said.proxied or {}).items() if entry.state == "Up" and entry.namespace}


def _without_those_there(client: Client, snapshot: Snapshot, namespaces: set[str], uids: set[str]) -> frozenset[str]:
    if not uids:
        return frozenset()
    now = Snapshot(now=snapshot.now)
    ask(client, now, [Ask(kind=PODS, namespace=place, also=(ON_NETWORK,), must=True) for place in sorted(namespaces)])
    return frozenset(uids) - {pod.uid for pod in now.on_network}


def _leave_out_what_changed(client: Client, snapshot: Snapshot, pods: list[Pod]) -> None:
    after = Snapshot(now=snapshot.now)
    ask(client, after, list(_again(pods)))
    for pod in pods:
        key = f"{pod.namespace}/{pod.name}"
        if _compared(snapshot, key) != _compared(after, key):
            snapshot.on_network.facts.pop(key, None)
            snapshot.on_network.unread[key] = Unread(what="compare it", why="it changed while its ztunnel was asked")


def _kept_policies(client: Client, snapshot: Snapshot) -> frozenset[str] | None:
    """The AuthorizationPolicies that are as they were; None where none were read."""
    before, after = snapshot.authorization_policies, Snapshot(now=snapshot.now)
    if not before.facts:
        return None
    ask(client, after, [Ask(kind=AUTHORIZATION_POLICIES, namespace=place) for place in sorted(before.places)])
    return frozenset(key for key, fact in before.facts.items() if after.authorization_policies.fact(key) == fact)


def _again(pods: list[Pod]) -> Iterator[Ask]:
    if len(pods) <= _BY_NAME:
        yield from (Ask(kind=PODS, namespace=p.namespace, name=p.name, also=(ON_NETWORK,)) for p in pods)
        return
    namespaces = sorted({pod.namespace for pod in pods})
    for place in namespaces if len(namespaces) <= _MOST_NAMESPACES else [""]:
        yield Ask(kind=PODS, namespace=place, also=(ON_NETWORK,), must=True)


def _compared(snapshot: Snapshot, key: str) -> Iterable[object]:
    pod, known = snapshot.pods.fact(key), snapshot.on_network.fact(key)
    return pod and (pod.phase, pod.node, pod.annotations.redirection, pod.deleting), known and known.uid
