"""Callers that STRICT peer authentication refuses once the pods are in ambient mode.

It is enforced by the ztunnel of the pod that is called, and a connection in plain text has no identity, whoever sends
it [ztunnel src/proxy/inbound_passthrough.rs].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.policy_facts import PeerAuthentication
from kubectl_ambient.mesh.evidence import Evidence, label
from kubectl_ambient.mesh.installation.istiod_settings import ambient
from kubectl_ambient.mesh.risks import plain_callers
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.mesh.risks.plain_callers import Caller, PlainCall, plain_calls
from kubectl_ambient.mesh.risks.risk import Risk
from kubectl_ambient.mesh.risks.turn import TUNNEL, Turn

_CODES: dict[Caller, RiskCode] = {
    "ingress": RiskCode.STRICT_REFUSES_INGRESS,
    "gateway": RiskCode.STRICT_REFUSES_INGRESS,
    "api server": RiskCode.STRICT_REFUSES_API_SERVER,
    "scraper": RiskCode.STRICT_REFUSES_SCRAPES,
    "outside": RiskCode.STRICT_REFUSES_OUTSIDE,
}
WHO: dict[Caller, str] = {
    "ingress": "the ingress controller",
    "api server": "the API server",
    "scraper": "Prometheus",
    "outside": "who calls from outside the cluster",
}
_REMEDY: dict[Caller, str] = {
    "ingress": "put the ingress controller's pods into ambient mode, with ambient.istio.io/bypass-inbound-capture=true",
    "gateway": "put the gateway's pods into ambient mode, with ambient.istio.io/bypass-inbound-capture=true",
    "api server": "a PeerAuthentication with portLevelMtls PERMISSIVE for the webhook's port, or opt its pods out",
    "scraper": "put Prometheus into ambient mode, or let the metrics' port take plain text by portLevelMtls",
    "outside": "let a gateway of Istio take these calls, or that port take plain text by portLevelMtls",
}


def refuses_plain_callers(turn: Turn) -> Iterator[Risk]:
    """Those who call in plain text, as objects tell, and reach a port that takes none."""
    strict = [pod for pod in turn.entering if turn.policies.is_strict(pod)]
    found: dict[tuple[Caller, object], list[PlainCall]] = {}
    for call in plain_calls(turn, strict):
        if turn.policies.mtls(call.pod).refuses(call.port):
            found.setdefault((call.caller, call.told_by), []).append(call)
    for (caller, _told_by), calls in found.items():
        unless = "" if calls[0].found else ", unless its pods are in the mesh"
        yield Risk.of(
            _CODES[caller],
            f"{calls[0].named or WHO[caller]} would be refused{unless}: {pods(call.pod for call in calls)} would take"
            f" no plain text ({_deciding(turn, calls[0].pod)})",
            *calls[0].evidence,
            *by_peer_authentication(turn, calls[0].pod),
            affects=dict.fromkeys(call.pair for call in calls),
            remedy=_REMEDY[caller],
        )


def of_unknown_gateways(turn: Turn) -> Iterator[str]:
    """Routes of which it is not known whether Istio sends what comes by them, where others may be refused."""
    strict = [pod for pod in turn.entering if turn.policies.is_strict(pod)]
    return plain_callers.of_unknown_gateways(turn, turn.entering if turn.after.authorization_policies else strict)


def refuses_sidecars(turn: Turn) -> Iterator[Risk]:
    """Sidecars and gateways of an istiod without ambient: they send plain text to ambient pods."""
    strict = [pod for pod in turn.entering if turn.policies.is_strict(pod)]
    callers = [pod for pod in turn.pods if turn.is_proxy(pod) and not turn.sends(pod)[1]] if strict else []
    if callers:
        istiods = {istiod.ref: istiod for pod in callers if (istiod := turn.istiod_without_ambient(pod))}
        yield Risk.of(
            RiskCode.STRICT_REFUSES_SIDECARS,
            f"{pods(callers)} with a sidecar or of a gateway cannot send HBONE, as their istiod has ambient off, and"
            f" would be refused by {pods(strict)} under STRICT",
            *(ambient(istiod).evidence for istiod in istiods.values()),
            *by_peer_authentication(turn, strict[0]),
            affects=[f"{a.ref} -> {b.ref}:{port}" for a in callers for b in strict for port in _strict_ports(turn, b)],
            remedy="switch ambient on in that istiod (PILOT_ENABLE_AMBIENT=true), or keep these pods PERMISSIVE",
        )


def refused_by_sidecars(turn: Turn) -> Iterator[Risk]:
    """Pods that lose their sidecar by a restart: to a sidecar without HBONE they speak plain text from then on."""
    losing = [pod for pod in turn.pods if turn.loses_sidecar(pod)]
    if not losing:
        return
    strict = [
        pod
        for pod in turn.pods
        if pod.annotations.sidecar_status is not None
        and not turn.takes(pod)[1]
        and not turn.loses_sidecar(pod)
        and any(turn.policies.mtls_of_sidecar(pod).refuses(port) for port in turn.ports(pod))
    ]
    if strict:
        yield Risk.of(
            RiskCode.SIDECAR_REFUSES_MESH,
            f"{pods(losing)} would be refused by {pods(strict)} with a sidecar under STRICT that takes no HBONE, once a"
            " restart has moved them from their sidecar into ambient mode",
            label(strict[0].ref, TUNNEL, strict[0].labels.get(TUNNEL)),
            *by_peer_authentication(turn, strict[0], sidecar=True),
            affects=[f"{a.ref} -> {b.ref}:{port}" for a in losing for b in strict for port in sorted(turn.ports(b))],
            remedy="set ISTIO_META_ENABLE_HBONE for the sidecars and restart their pods, before these are restarted",
        )


def _strict_ports(turn: Turn, pod: Pod) -> list[int]:
    return [port for port in sorted(turn.ports(pod)) if turn.policies.mtls(pod).refuses(port)]


def by_peer_authentication(turn: Turn, pod: Pod, *, sidecar: bool = False) -> list[Evidence]:
    """What decides that the pod takes no plain text, in ambient mode or with a sidecar."""
    return [told for policy in turn.policies.decided_by(pod, sidecar=sidecar) for told in _modes(policy)]


def _modes(policy: PeerAuthentication) -> list[Evidence]:
    """Where STRICT is written in it; of one that has it from another, its own mode."""
    ports = _by_port(policy)
    if not ports:
        return [Evidence(policy.ref, "spec.mtls.mode", policy.mode)]
    return [Evidence(policy.ref, f"spec.portLevelMtls[{port}].mode", "STRICT") for port in ports]


def _by_port(policy: PeerAuthentication) -> list[int]:
    """The ports for which it says STRICT, where it does not say so as a whole."""
    strict = sorted(port for port, mode in policy.port_level_mtls.items() if mode == "STRICT")
    return [] if policy.mode == "STRICT" else strict


def _deciding(turn: Turn, pod: Pod) -> str:
    """`PeerAuthentication shop/strict is STRICT`, or for which ports it is; one that leaves it to another is not."""
    told = []
    for policy in turn.policies.decided_by(pod):
        ports = [str(port) for port in _by_port(policy)]
        if policy.mode == "STRICT" or ports:
            on = f" on port{'s' if len(ports) > 1 else ''} {', '.join(ports)}" if ports else ""
            told.append(f"{policy.ref.replace('/', ' ', 1)} is STRICT{on}")
    return ", ".join(told)


def pods(found: Iterable[Pod]) -> str:
    """`1 pod`, `3 pods`: each once."""
    refs = {pod.ref for pod in found}
    return "1 pod" if len(refs) == 1 else f"{len(refs)} pods"
