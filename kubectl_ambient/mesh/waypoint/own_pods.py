"""The pods of a namespace that names a waypoint: as clients they use it in ambient mode only."""

from __future__ import annotations

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Namespace, Pod, Unread
from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME
from kubectl_ambient.cluster.snapshot import Snapshot

# Redirected: `pending` pods are cut off, and not plain (1.25+).
REDIRECTED = ("enabled", "pending")
_AMBIENT = "ambient"


def plain_pods(snapshot: Snapshot, namespace: Namespace | Unread) -> int:
    """How many pods the namespace has, if none of them is in ambient mode nor meant to be; else 0.

    0 as well where not all of them were read. Gateways, finished pods and those on the host network do not count.
    """
    if isinstance(namespace, Unread) or namespace.labels.get(DATAPLANE_MODE) == _AMBIENT:
        return 0
    if not snapshot.pods.covers(namespace.name):
        return 0
    own = [pod for pod in snapshot.pods if pod.namespace == namespace.name and _counts(pod)]
    return 0 if any(map(_in_mesh, own)) else len(own)


def _counts(pod: Pod) -> bool:
    return not (pod.finished or pod.host_network or GATEWAY_NAME in pod.labels)


def _in_mesh(pod: Pod) -> bool:
    return pod.annotations.redirection in REDIRECTED or pod.labels.get(DATAPLANE_MODE) == _AMBIENT
