"""Proxies that a change sweeps into ambient mode: Istio's own gateways, and others' ingress controllers."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.kinds.gateways import Gateway
from kubectl_ambient.cluster.proxies import gateway_named_by
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.evidence import Evidence, annotation, label
from kubectl_ambient.mesh.gateways import (
    ISTIOS_CLASSES,
    ISTIOS_CONTROLLERS,
    gateway_of,
    is_sandwiched,
    lost_words,
    mode_for_pods,
    what_makes_it_a_gateway,
)
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.mesh.risks.plain_callers import pods_of_controller
from kubectl_ambient.mesh.risks.risk import Risk
from kubectl_ambient.mesh.risks.strict import pods
from kubectl_ambient.mesh.risks.turn import Turn

BYPASS = "ambient.istio.io/bypass-inbound-capture"
_TRUE = ("1", "t", "T", "true", "TRUE", "True")


def gateways(turn: Turn) -> Iterator[Risk]:
    """Gateways of Istio that nothing keeps out."""
    for pod in turn.entering:
        made = what_makes_it_a_gateway(pod)
        if made is None or is_sandwiched(gateway_of(pod, turn.after), turn.after):
            continue
        found = next((f for f in turn.judge.judge(pod).findings if f.code == Code.GATEWAY_CAPTURED), None)
        yield Risk.of(
            RiskCode.GATEWAY_SWEPT_IN,
            f"pod {pod.namespace}/{pod.name} is a gateway of Istio and would be redirected to ztunnel: its connections"
            " would fail",
            made,
            affects=[pod.ref],
            fix=found.fix if found else None,
        )


def opt_outs_lost(turn: Turn) -> Iterator[Risk]:
    """The opt-out on a Gateway that does not reach its pods."""
    told: dict[str, tuple[Evidence, str, list[Pod]]] = {}
    for pod in turn.entering:
        gateway = gateway_of(pod, turn.after)
        if not isinstance(gateway, Gateway):
            continue
        ref = f"Gateway/{gateway.namespace}/{gateway.name}"
        mode = mode_for_pods(ref, gateway.labels, gateway.infrastructure)
        if mode.lost == "none":
            told.setdefault(ref, (mode.evidence, lost_words(ref, mode.lost, replaced=True), []))[2].append(pod)
    for ref, (evidence, why, hit) in told.items():
        yield Risk.of(
            RiskCode.GATEWAY_OPT_OUT_LOST,
            f"{why}; they would be swept in",
            label(ref, "istio.io/dataplane-mode", "none"),
            evidence,
            affects=[pod.ref for pod in hit],
            remedy="set the label in spec.infrastructure.labels",
        )


def ingress_controllers(turn: Turn) -> Iterator[Risk]:
    """Controllers of an IngressClass or a GatewayClass that is not Istio's, whose inbound traffic would be captured."""
    for ref, field, value, found in _controllers(turn):
        hit = [pod for pod in found if pod.annotations.bypass_inbound_capture not in _TRUE]
        if hit:
            yield Risk.of(
                RiskCode.INGRESS_SWEPT_IN,
                f"{pods(hit)} of ingress controller {value} would come into ambient mode, and what clients send to them"
                " would be captured: STRICT, or a policy by identity, would refuse the clients",
                Evidence(ref, field, value),
                annotation(hit[0].ref, BYPASS, hit[0].annotations.bypass_inbound_capture),
                affects=[pod.ref for pod in hit],
                remedy=f"set the annotation {BYPASS}=true in the pod template first",
            )


def _controllers(turn: Turn) -> Iterator[tuple[str, str, str, list[Pod]]]:
    entering = {pod.ref for pod in turn.entering}
    for key in sorted(turn.after.ingress_classes.facts):
        found = turn.after.ingress_classes.facts[key]
        mine = [pod for pod in pods_of_controller(turn, found.controller) if pod.ref in entering]
        yield found.ref, "spec.controller", found.controller, mine
    by_class: dict[str, list[Pod]] = {}
    for pod in turn.entering:
        named = gateway_named_by(pod.labels, pod.namespace) if what_makes_it_a_gateway(pod) is None else None
        gateway = turn.after.gateway(*named) if named else None
        if isinstance(gateway, Gateway):
            by_class.setdefault(gateway.class_name, []).append(pod)
    for name, mine in by_class.items():
        of_class = turn.after.gateway_classes.fact(name)
        if of_class is not None and name not in ISTIOS_CLASSES and of_class.controller not in ISTIOS_CONTROLLERS:
            yield of_class.ref, "spec.controllerName", of_class.controller, mine
