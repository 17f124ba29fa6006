"""Pods that call others, as the network sees them: where they are looked for, and with what."""

from __future__ import annotations

from msgspec.structs import replace

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Namespace
from kubectl_ambient.cluster.kinds.pods import ON_NETWORK, PODS
from kubectl_ambient.cluster.kinds.workloads import VPC_CNI_DAEMONSETS, ZTUNNEL_DAEMONSETS
from kubectl_ambient.cluster.needs.ask import Ask

MANY = 20  # from so many namespaces on, the pods of all are read at once
_INJECTION = ("istio-injection", "istio.io/rev")
# Set on all pods with a sidecar and of gateways, by every template of them [istio-discovery/files/*.yaml].
_PROXIES = "service.istio.io/canonical-name"
ALL_PROXIES = Ask(kind=PODS, label_selector=_PROXIES, what="list pods of sidecars and gateways")
LABELLED = Ask(kind=PODS, label_selector=f"{DATAPLANE_MODE}=ambient")
APART = (
    LABELLED,
    Ask(kind=PODS, label_selector="sidecar.istio.io/inject=true", what="list pods that ask for a sidecar"),
    # The template of sidecars sets the mode of TLS, and those of gateways do not.
    Ask(kind=PODS, label_selector=f"{_PROXIES},!security.istio.io/tlsMode", what="list pods of gateways"),
)
"""Members of the mesh by their own labels, whatever their namespace is."""


def seen(ask: Ask) -> Ask:
    """The same, of pods with their ports and addresses too, and of DaemonSets the VPC CNI's too."""
    besides = {PODS.part: ON_NETWORK, ZTUNNEL_DAEMONSETS.part: VPC_CNI_DAEMONSETS}.get(ask.kind.part)
    return replace(ask, also=(*ask.also, besides)) if besides else ask


def in_mesh(namespace: Namespace) -> bool:
    """Whether its pods may be in the mesh, by its labels."""
    labels = namespace.labels
    return labels.get(DATAPLANE_MODE) == "ambient" or any(key in labels for key in _INJECTION)
