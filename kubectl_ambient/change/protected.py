"""What `--all` and `-l` leave out: the namespaces of Kubernetes and of Istio, and the proxies of Gateways."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.change.targets import Labelled
from kubectl_ambient.cluster.facts import Namespace
from kubectl_ambient.cluster.snapshot import Snapshot

_KUBERNETES = ("kube-system", "kube-public", "kube-node-lease")
_ISTIO = "istio-system"
_MANAGED = "gateway.istio.io/managed"


def protected(snapshot: Snapshot | None) -> dict[str, str]:
    """Each such namespace and whose it is. Without a snapshot: by their names alone."""
    found = dict.fromkeys(_KUBERNETES, "Kubernetes' own") | {_ISTIO: "Istio's own"}
    for namespace, what in _homes(snapshot) if snapshot else ():
        found.setdefault(namespace, f"holds {what}")
    return found


def made_for_gateway(target: Labelled) -> bool:
    """Whether it is the Deployment, the Service or a pod of a Gateway: istiod makes those, and they are proxies."""
    return not isinstance(target, Namespace) and _MANAGED in target.labels


def _homes(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Where the parts of Istio run, by what the cluster shows."""
    for istiod in snapshot.istiods.known:
        yield istiod.namespace, "istiod"
    for daemonset in snapshot.cni_daemonsets.known:
        yield daemonset.namespace, "istio-cni"
    for pod in snapshot.cni_pods.known:
        yield pod.namespace, "istio-cni"
    for pod in snapshot.ztunnel_pods.known:
        yield pod.namespace, "ztunnel"
