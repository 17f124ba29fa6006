"""Asks the ztunnels of nodes what they have: one dump a node, a few nodes side by side, and nothing but reading.

The pods are read before and after it, since only what stayed as it was can be compared.
"""

from __future__ import annotations

from functools import partial

from msgspec.structs import replace

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, FORBIDDEN, Namespace, Pod, Unread
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.cluster.ztunnel.counts import Counts, connections_in, counts_in, tasks_in
from kubectl_ambient.cluster.ztunnel.dump import Dump
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import ApiError, KubeError
from kubectl_ambient.mesh.ztunnel.proofs import WITNESSES
from kubectl_ambient.runs.odd_pods import odd_pods
from kubectl_ambient.runs.unchanged import leave_out_what_changed, unasked

_PORT, _PATH = 15000, "/config_dump"
_METRICS_PORT, _METRICS = 15020, "stats/prometheus"
_READY_PORT, _READY = 15021, "healthz/ready"
_CNI_PORT, _CNI_METRICS = 15014, "metrics"
_SILENCE = 10.0  # seconds
_LARGEST = 256 << 20  # bytes; every ztunnel holds the whole mesh, about 1.3 kB a pod
_SIDE_BY_SIDE = 4
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
    agents = {pod.node: pod for pod in snapshot.cni_pods if pod.ready and not pod.deleting}
    calls = [
        # Each holds the whole mesh: two keep what they say of all these pods, for the others to be held against.
        partial(_answer, client, node, found, refused, every if number < WITNESSES else keys[node], agents.get(node))
        for number, (node, found) in enumerate(asked.items())
    ]
    answers = client.side_by_side(calls, workers=_SIDE_BY_SIDE)
    snapshot.ztunnels = {
        node: unasked(node, answer) if isinstance(answer, KubeError) else answer
        for node, answer in zip(nodes, answers, strict=True)
    }
    if any(isinstance(answer, Dump | Counts) for answer in snapshot.ztunnels.values()):
        odd = odd_pods(client, snapshot, lambda node: _again_of(client, asked[node]))
        snapshot.odd_pods, snapshot.gone_pods = odd.out, odd.gone
        leave_out_what_changed(client, snapshot, pods, {n: z for n, z in asked.items() if isinstance(z, Pod)})


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
        return unasked(node, "none runs there")
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
    client: Client,
    node: str,
    found: Pod | Unread,
    refused: dict[str, Unread | None],
    pods: set[str],
    cni: Pod | None = None,
) -> Dump | Counts | Unread:
    if isinstance(found, Unread):
        return found
    if unread := refused[found.namespace]:
        return _counts(client, found, cni) or unread
    from kubectl_ambient.cluster.ztunnel.reading import decoded

    try:
        body = client.get_from_pod(found.namespace, found.name, _PORT, _PATH, seconds=_SILENCE, limit=_LARGEST)
        return decoded(body, pods)
    except (KubeError, ValueError) as error:
        return unasked(node, error)


def _again_of(client: Client, found: Pod | Unread) -> Dump | None:
    """What a ztunnel that has answered before says now of the pods that it has."""
    if isinstance(found, Unread):
        return None
    said = _answer(client, found.node, found, {found.namespace: None}, set())
    return said if isinstance(said, Dump) else None


def _counts(client: Client, ztunnel: Pod, cni: Pod | None) -> Counts | None:
    """What metrics tell, for who may read them and no dump; None where they are not to be had either."""
    if not _may(client, "get", "proxy", ztunnel.namespace):
        return None
    metrics = _page(client, ztunnel, _METRICS_PORT, _METRICS)
    if metrics is None:
        return None
    connected = _page(client, cni, _CNI_PORT, _CNI_METRICS) if cni else None
    return replace(
        counts_in(metrics),
        waits_for=() if ztunnel.ready else _tasks(client, ztunnel),
        connected=None if connected is None else connections_in(connected),
    )


def _page(client: Client, pod: Pod, port: int, path: str) -> str | None:
    """The text of it; None where it was not to be had."""
    try:
        return client.proxied_get(pod.namespace, pod.name, port, path).decode()
    except (KubeError, UnicodeDecodeError):
        return None


def _tasks(client: Client, ztunnel: Pod) -> tuple[str, ...]:
    """What it waits for, as it tells with the status 500."""
    try:
        client.proxied_get(ztunnel.namespace, ztunnel.name, _READY_PORT, _READY)
    except ApiError as error:
        return tasks_in(error.message)
    except KubeError:
        pass
    return ()
