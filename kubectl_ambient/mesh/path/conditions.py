"""Under what a path is as it is told: settings of istiod, labels and annotations, and what is surprising about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise

from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.evidence import Evidence, Finding, annotation, label
from kubectl_ambient.mesh.installation.istiod_settings import Variable, ambient, prefers_hbone
from kubectl_ambient.mesh.path.parties import TLS_MODE, TUNNEL, Party
from kubectl_ambient.mesh.path.through_waypoint import Chosen
from kubectl_ambient.mesh.path.way import Applied, Call, Condition, Leg

_BYPASS = "ambient.istio.io/bypass-inbound-capture"


class Settings:
    """What istiod was told that decides how sidecars and gateways speak."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    @cached_property
    def _ambient(self) -> list[Variable]:
        return [ambient(istiod) for istiod in self._snapshot.istiods.known]

    @cached_property
    def sends_hbone(self) -> bool:
        """Whether sidecars and gateways may speak HBONE: not where every istiod has ambient off."""
        return not self._ambient or any(found.switch != "off" for found in self._ambient)

    @cached_property
    def prefers_hbone(self) -> bool:
        """Whether they speak HBONE to what takes both."""
        return prefers_hbone(self._snapshot.istiods.known)

    def conditions(self, places: Sequence[Party], legs: Sequence[Leg]) -> Iterator[Condition]:
        """Those of each leg."""
        for leg, (source, destination) in zip(legs, pairwise(places), strict=True):
            yield from self._of_leg(leg, source, destination)

    def _of_leg(self, leg: Leg, source: Party, destination: Party) -> Iterator[Condition]:
        if source.role in ("sidecar", "gateway", "east-west"):
            if leg.protocol == "HBONE":
                told = "sidecars and gateways speak HBONE, as ambient is on in istiod (PILOT_ENABLE_AMBIENT)"
                yield Condition(told, tuple(found.evidence for found in self._ambient))
            elif destination.takes_hbone and leg.protocol == "plaintext":
                told = "sidecars and gateways do not speak HBONE, as ambient is off in istiod (PILOT_ENABLE_AMBIENT)"
                yield Condition(told, tuple(found.evidence for found in self._ambient))
            yield Condition("no DestinationRule asks for other TLS: these are not read")
        if source.role == "proxyless":
            yield Condition(f"{source.ref} speaks gRPC without a proxy, and never HBONE")
        pod = destination.pod
        if pod is None:
            return
        if destination.role in ("sidecar", "proxyless"):
            tunnel = label(pod.ref, TUNNEL, pod.labels.get(TUNNEL))
            if leg.protocol == "HBONE":
                yield Condition(f"the sidecar of {pod.ref} takes HBONE: it was injected so", (tunnel,))
            elif leg.protocol == "mTLS":
                mode = label(pod.ref, TLS_MODE, pod.labels.get(TLS_MODE))
                yield Condition(f"the sidecar of {pod.ref} takes mTLS", (mode,))
            elif source.role in ("ambient", "waypoint"):
                told = f"the sidecar of {pod.ref} does not take HBONE (ISTIO_META_ENABLE_HBONE when it was injected)"
                yield Condition(told, (tunnel,))
        if destination.role in ("ambient", "pending"):
            key = "ambient.istio.io/redirection"
            told = "is in ambient mode" if destination.role == "ambient" else "is redirected, and not accepted"
            yield Condition(f"{pod.ref} {told}", (annotation(pod.ref, key, pod.annotations.redirection),))
        if destination.bypasses and destination.role == "ambient":
            told = f"plain text to {pod.ref} is not captured; HBONE to it is"
            yield Condition(told, (annotation(pod.ref, _BYPASS, pod.annotations.bypass_inbound_capture),))
        if source.role == "host" and destination.role == "ambient" and source.node in ("", destination.node):
            yield Condition("the rules of istio-cni are iptables: native nftables let only the kubelet's user past")


def findings(chosen: Chosen, source: Party, call: Call, nowhere: Sequence[Applied]) -> Iterator[Finding]:
    """What somebody should know who reads the path."""
    if chosen.passed is not None and call.service is not None and nowhere:
        names = ", ".join(policy.object for policy in nowhere)
        message = (
            f"{source.ref} goes past waypoint {chosen.passed.waypoint}, which alone would enforce {names}: "
            "nothing refuses what comes past a waypoint"
        )
        evidence = Evidence(nowhere[0].object, nowhere[0].target_field, call.service.ref)
        yield Finding.of(Code.WAYPOINT_PASSED_BY, message, evidence)
