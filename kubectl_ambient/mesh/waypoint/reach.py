"""Whether anything gets to the waypoint that is bound to an object: an address that exists is not one that is called.

Source: ztunnel src/proxy/outbound.rs `build_request`, src/state/workload.rs `WorkloadStore::insert`; istiod
ambient/services.go `constructServiceEntries`, serviceentry.go `ShouldV2AutoAllocateIP`.
"""

from __future__ import annotations

from msgspec import Struct

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import Code, Severity
from kubectl_ambient.mesh.evidence import Evidence, label
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.installation import istiod_versions
from kubectl_ambient.mesh.installation.control_plane import World
from kubectl_ambient.mesh.installation.dns_capture import ANNOTATION, DnsCapture, dns_capture, told_by
from kubectl_ambient.mesh.waypoint.reference import USE_WAYPOINT
from kubectl_ambient.mesh.waypoint.rules import Target

INGRESS_USE_WAYPOINT = "istio.io/ingress-use-waypoint"
AUTO_ALLOCATE = "networking.istio.io/enable-autoallocate-ip"
_ALLOCATES = "PILOT_ENABLE_IP_AUTOALLOCATE"
_MOST = 3


class Reach(Struct, frozen=True, gc=False):
    """Whether clients in ambient mode get to a waypoint. leads: False where none does, None where it is not known.

    why: the rest of the sentence that tells it; empty where there is nothing to tell. addressed: the same of the
    object's own address alone, which is all that gateways ask for. code: of the finding that it is.
    """

    leads: bool | None = True
    why: str = ""
    addressed: bool | None = True
    code: Code | None = None
    severity: Severity = "warning"
    evidence: tuple[Evidence, ...] = ()

    def sentence(self, waypoint: str) -> str:
        """The one sentence about it, without an end: of the headline, and of the finding."""
        if self.leads is None:
            return f"bound to waypoint {waypoint}, and whether anything goes through it cannot be told: {self.why}"
        who = "only some of its clients go" if self.leads else "nothing goes"
        return f"bound to waypoint {waypoint}, and {who} through it: {self.why}"


LEADS = Reach()


class Ways:
    """Tells it of the objects of one snapshot; what they share is looked at once."""

    def __init__(self, snapshot: Snapshot, worlds: tuple[World, ...]) -> None:
        self._snapshot = snapshot
        self._worlds = worlds
        self._dns: DnsCapture | None = None

    @property
    def dns_capture(self) -> DnsCapture:
        """Whose DNS istio-cni captures."""
        if self._dns is None:
            self._dns = dns_capture(self._snapshot)
        return self._dns

    def to(self, target: Target) -> Reach:
        """Of an object to which a waypoint is bound."""
        if isinstance(target, Pod):
            return _on_host_network(target) if target.host_network else LEADS
        if isinstance(target, Service):
            return _headless(target) if target.headless else LEADS
        if not isinstance(target, ServiceEntry):
            return LEADS
        if not target.vips:
            return self._without_address(target)
        return self._by_dns(target) if target.automatic else LEADS

    def _without_address(self, entry: ServiceEntry) -> Reach:
        none = Evidence(entry.ref, "spec.addresses", None)
        never, told = self._never_allocated(entry)
        if self._snapshot.from_files and not entry.conditions and not never:
            return Reach(None, "it has no address in the files, and istiod may give it one", None, evidence=(none,))
        why = f"the ServiceEntry has no address, neither its own nor one that istiod gave it{never}"
        code = Code.SERVICE_WITHOUT_ADDRESS
        return Reach(False, why, False, code, evidence=(none, *told))

    def _never_allocated(self, entry: ServiceEntry) -> tuple[str, tuple[Evidence, ...]]:
        """Why istiod will give it none, in brackets; empty where it may."""
        if entry.resolution == "NONE":
            told = Evidence(entry.ref, "spec.resolution", "NONE")
            return " (it gives none to one of resolution NONE)", (told,)
        value = entry.labels.get(AUTO_ALLOCATE)
        if value is not None and value.lower() == "false":
            return f" (the label {AUTO_ALLOCATE}={value} forbids it)", (label(entry.ref, AUTO_ALLOCATE, value),)
        for istiod in self._snapshot.istiods.known:
            set_to = next((v for v in (istiod.container.env if istiod.container else ()) if v.name == _ALLOCATES), None)
            if set_to is not None:
                ref = f"Deployment/{istiod.namespace}/{istiod.name}"
                off = set_to.value is not None and set_to.value.lower() in ("false", "0", "f")
                told = Evidence(ref, f"spec.template.spec.containers[0].env[{_ALLOCATES}]", set_to.value)
                return (f" ({_ALLOCATES} of istiod is off)", (told,)) if off else ("", ())
        oldest, newest = self._worlds[0], self._worlds[-1]
        if newest.told.value is not None and not istiod_versions.allocates_addresses(newest.version):
            why = f" (istiod does so by itself from 1.25 on, and is {oldest.told.value})"
            return why, (newest.told.evidence,)
        return "", ()

    def _by_dns(self, entry: ServiceEntry) -> Reach:
        """What istiod gave it is told by ztunnel's DNS alone, which a client asks where istio-cni captures its DNS."""
        dns, field = self.dns_capture, "spec.addresses" if entry.addresses else "status.addresses"
        given = Evidence(entry.ref, field, ", ".join(entry.vips))
        only = f"only Istio's own DNS tells its address ({entry.vips[0]})"
        if dns.nodes == "all":
            return LEADS
        evidence = (given, *dns.evidence)
        if dns.nodes is None:
            return Reach(None, f"{only}, and {dns.why}", evidence=evidence)
        if dns.nodes == "some":
            why = f"{only}, and istio-cni captures DNS on some nodes only"
            return Reach(True, why, code=Code.ADDRESS_NOT_RESOLVED, evidence=evidence)
        why = f"{only}, and istio-cni captures no DNS (AMBIENT_DNS_CAPTURE), so clients call the host's real address"
        asking = dns.asking
        if asking:
            names = few([f"{pod.namespace}/{pod.name}" for pod in asking])
            why += f"; but for those with the annotation {ANNOTATION}=true ({names})"
            evidence += tuple(told_by(pod) for pod in asking[:_MOST])
        elif dns.by_pod:
            why += f"; a pod with the annotation {ANNOTATION}=true would not"
        return Reach(bool(asking), why, code=Code.ADDRESS_NOT_RESOLVED, evidence=evidence)


def _on_host_network(pod: Pod) -> Reach:
    """ztunnel knows no such workload by its address."""
    why = "the pod is on the host network, and for its node's address ztunnel knows no waypoint"
    told = Evidence(pod.ref, "spec.hostNetwork", "true")
    return Reach(False, why, False, Code.WAYPOINT_FOR_HOST_NETWORK, evidence=(told,))


def _headless(service: Service) -> Reach:
    """Nothing is wrong with one that only inherits a waypoint, as every StatefulSet has a headless Service."""
    asks = USE_WAYPOINT in service.labels or INGRESS_USE_WAYPOINT in service.labels
    why = (
        "the Service is headless, so its clients call the pods' own addresses, for which only a workload's waypoint "
        "counts"
    )
    told = Evidence(service.ref, "spec.clusterIP", "None")
    severity: Severity = "warning" if asks else "info"
    return Reach(False, why, False, Code.SERVICE_WITHOUT_ADDRESS, severity, (told,))
