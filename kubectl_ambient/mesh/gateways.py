"""Gateways of Istio: which pods are one, and which label a Gateway gives to the pods that are made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Pod, Unread
from kubectl_ambient.cluster.installation_facts import Istiod
from kubectl_ambient.cluster.kinds.gateways import Gateway
from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.enrolment.rules import is_injected_gateway
from kubectl_ambient.mesh.evidence import Evidence, annotation, label
from kubectl_ambient.shell.command import Offer, kubectl
from kubectl_ambient.shell.words import inside, name, patch
from kubectl_ambient.shell.words import label as setting

MANAGED = "gateway.istio.io/managed"
INFRASTRUCTURE = "spec.infrastructure.labels"
_OLD_NAME = "istio.io/gateway-name"
_COPIES = "PILOT_ENABLE_GATEWAY_API_COPY_LABELS_ANNOTATIONS"
# The classes that istiod makes, and their controllers: these keep their pods out unless a label is set.
INGRESS_CLASSES = ("istio", "istio-agentgateway")
INGRESS_CONTROLLERS = ("istio.io/gateway-controller", "istio.io/agentgateway-controller")
# With the waypoints, whose template keeps them out unless a label says otherwise [gatewaycommon/classinfo.go].
ISTIOS_CLASSES = (*INGRESS_CLASSES, "istio-waypoint", "istio-east-west", "istio-agentgateway-waypoint")
ISTIOS_CONTROLLERS = (*INGRESS_CONTROLLERS, "istio.io/mesh-controller", "istio.io/eastwest-controller")

_WAYPOINT, _EAST_WEST = "istio.io-mesh-controller", "istio.io-eastwest-controller"

GatewayRole = Literal["gateway", "east-west", "waypoint"]


def what_makes_it_a_gateway(pod: Pod) -> Evidence | None:
    """What tells that the pod is a gateway or a waypoint of Istio; None for a pod that is none, or somebody else's.

    istiod labels what it makes (`istio.io/gateway-name` up to 1.23), injection goes by an annotation, and a gateway
    that was deployed by hand says it by its command line. Source: istio-discovery/files/*.yaml, inject/webhook.go.
    """
    for key in (MANAGED, _OLD_NAME):
        if key in pod.labels:
            return label(pod.ref, key, pod.labels[key])
    if is_injected_gateway(pod):
        return annotation(pod.ref, "inject.istio.io/templates", pod.annotations.inject_templates)
    if pod.proxy is not None:
        return Evidence(pod.ref, f"spec.containers[{pod.proxy.container}].args", f"proxy {pod.proxy.role}")
    return None


def role_of_gateway(pod: Pod) -> GatewayRole:
    """What a pod that is a gateway of Istio is: by the label of what istiod made, and by its command line."""
    managed = pod.labels.get(MANAGED)
    if managed == _WAYPOINT or (pod.proxy is not None and pod.proxy.role == "waypoint"):
        return "waypoint"
    return "east-west" if managed == _EAST_WEST else "gateway"


def is_waypoint(pod: Pod) -> bool:
    """Whether the pod is a waypoint of Istio's."""
    return what_makes_it_a_gateway(pod) is not None and role_of_gateway(pod) == "waypoint"


def gateway_of(pod: Pod, snapshot: Snapshot) -> Gateway | Unread | None:
    """The Gateway that the pod was made of; None where it names none that is there, an Unread where unknown."""
    return snapshot.gateway(pod.namespace, pod.labels.get(GATEWAY_NAME, ""))


def is_sandwiched(gateway: Gateway | Unread | None, snapshot: Snapshot) -> bool:
    """Whether the proxy is meant to stand behind ztunnel, and so to be captured, by the Gateway or by its class."""
    if not isinstance(gateway, Gateway):
        return False
    of_class = snapshot.gateway_classes.fact(gateway.class_name)
    return gateway.inbound_binding is not None or (of_class is not None and of_class.inbound_binding is not None)


class ModeForPods(Struct, frozen=True, gc=False):
    """The label `istio.io/dataplane-mode` that a Gateway gives to its pods; value: None where it gives none.

    lost: the Gateway's own label, which does not reach them; None where there is none, or it does.
    """

    value: str | None
    evidence: Evidence
    lost: str | None = None


def mode_for_pods(
    ref: str, labels: Mapping[str, str], infrastructure: Mapping[str, str] | None, *, copied: bool = True
) -> ModeForPods:
    """`spec.infrastructure.labels`, where they are set, stand in for all of the Gateway's own labels.

    copied: istiod copies a Gateway's own labels, as it does unless it is told not to. Source: deploymentcontroller.go
    `extractInfrastructureMetadata` (all from 1.22 on).
    """
    own = labels.get(DATAPLANE_MODE)
    if infrastructure is not None:
        value = infrastructure.get(DATAPLANE_MODE)
        told = Evidence(ref, f"{INFRASTRUCTURE}[{DATAPLANE_MODE}]", value)
        return ModeForPods(value, told, own if value is None else None)
    if not copied:
        return ModeForPods(None, Evidence(ref, f"{INFRASTRUCTURE}[{DATAPLANE_MODE}]", None), own)
    return ModeForPods(own, label(ref, DATAPLANE_MODE, own))


def copies_labels(istiod: Istiod) -> bool:
    """Whether it copies a Gateway's own labels to what it makes of it [pilot/pkg/features, 1.27+]."""
    env = istiod.container.env if istiod.container else ()
    return not any(e.name == _COPIES and e.value in ("0", "f", "F", "false", "FALSE", "False") for e in env)


def lost_words(ref: str, value: str, *, replaced: bool) -> str:
    """That a Gateway's own label does not reach its pods, and why."""
    why = (
        f"{INFRASTRUCTURE} stand in for all labels of the Gateway"
        if replaced
        else "its istiod is told not to copy labels of Gateways"
    )
    return f"the label {DATAPLANE_MODE}={value} of {ref} does not reach its pods: {why}"


def keep_out(home: str, gateway: str, value: str | None, *, by_infrastructure: bool) -> Offer:
    """Have a Gateway give its pods the label that keeps them out, where the pods' labels come from.

    value: the one that the pods have now. by_infrastructure: they have those of `spec.infrastructure.labels`.
    """
    where = (name(gateway), *inside(home))
    if by_infrastructure:
        body = {"spec": {"infrastructure": {"labels": {DATAPLANE_MODE: "none"}}}}
        return kubectl("patch gateway", *where, "--type=merge -p", patch(body))
    flags = () if value is None else ("--overwrite",)
    return kubectl("label gateway", *where, setting(DATAPLANE_MODE, "none"), *flags)
