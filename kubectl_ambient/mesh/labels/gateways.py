"""The mode's label on a Gateway: whether it reaches the pods that are made of it, and may."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.cluster.facts import DATAPLANE_MODE
from kubectl_ambient.cluster.kinds.labelled import Labelled
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.evidence import Finding, label
from kubectl_ambient.mesh.gateways import keep_out, lost_words, mode_for_pods
from kubectl_ambient.mesh.labels.context import Context
from kubectl_ambient.shell.command import offered

_BINDING = "ambient.istio.io/waypoint-inbound-binding"


def gateway_modes(gateway: Labelled, namespace: Labelled | None, context: Context) -> Iterator[Finding]:
    """Of Gateways whose pods istiod makes; one whose proxy is meant to stand behind ztunnel may be in ambient mode."""
    if gateway.kind != "Gateway" or gateway.class_name not in context.istios_classes or context.has_custom_selectors():
        return
    if _BINDING in gateway.annotations:
        return
    mode = mode_for_pods(gateway.ref, gateway.labels, gateway.infrastructure, copied=context.copies_labels)
    by_infrastructure = gateway.infrastructure is not None or not context.copies_labels
    cure = keep_out(gateway.namespace, gateway.name, mode.value, by_infrastructure=by_infrastructure)
    if mode.value == "ambient":
        message = (
            f"{gateway.ref} puts its pods into ambient mode: a gateway speaks the mesh's protocol itself, and wrapped "
            "once more its connections fail"
        )
        yield Finding.of(Code.GATEWAY_CAPTURED, message, mode.evidence, fix=offered(cure))
    elif mode.lost is not None and gateway.class_name in context.ingress_classes:
        above = namespace.labels.get(DATAPLANE_MODE) if namespace else None
        follow = "their namespace decides"
        evidence = [label(gateway.ref, DATAPLANE_MODE, mode.lost), mode.evidence]
        if namespace and above == "ambient":
            follow = f"{namespace.ref} puts them into ambient mode, where a gateway's connections fail"
            evidence.append(label(namespace.ref, DATAPLANE_MODE, above))
        why = lost_words(gateway.ref, mode.lost, replaced=gateway.infrastructure is not None)
        yield Finding.of(Code.OPT_OUT_LOST, f"{why}, and {follow}", *evidence, fix=offered(cure))
