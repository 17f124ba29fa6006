"""The Gateways of pods that are gateways of Istio, where nothing on the pod keeps it out of ambient mode."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Pod
from kubectl_ambient.cluster.kinds.gateways import GATEWAYS
from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME, INSTANCES
from kubectl_ambient.cluster.needs.ask import Ask
from kubectl_ambient.cluster.snapshot import Snapshot

_FEW = 8  # up to so many are asked for one by one


def gateways_of_pods(snapshot: Snapshot, asks: Sequence[Ask], *, replicas: bool) -> list[Ask]:
    """Their Gateways tell why the pods are not kept out; those that `asks` list already are not asked for again.

    replicas: the other pods of such a Gateway are wanted too, since only some pods were read.
    """
    wanted = sorted({(pod.namespace, pod.labels[GATEWAY_NAME]) for pod in snapshot.pods if _is_open(pod)})
    if not wanted:
        return []
    listed = {ask.namespace for ask in asks if ask.kind is GATEWAYS and not ask.name}
    missing = [(home, name) for home, name in wanted if not listed & {"", home}]
    if len(missing) <= _FEW:
        found = [Ask(kind=GATEWAYS, namespace=home, name=name) for home, name in missing]
    else:
        found = [Ask(kind=GATEWAYS, namespace=home) for home in sorted({home for home, _ in missing})]
    if replicas:
        found += [Ask(kind=INSTANCES, namespace=home) for home in sorted({home for home, _ in wanted})]
    return found


def _is_open(pod: Pod) -> bool:
    """Whether it was made of a Gateway by istiod, and its label is not the one that keeps it out."""
    ours = "gateway.istio.io/managed" in pod.labels or "istio.io/gateway-name" in pod.labels or pod.proxy is not None
    return ours and GATEWAY_NAME in pod.labels and pod.labels.get(DATAPLANE_MODE) != "none" and not pod.finished
