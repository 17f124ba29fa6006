"""Pods with what they are on the network, for who asks who speaks to whom: more than other commands decode."""

from __future__ import annotations

from msgspec import field
from msgspec.structs import replace

from kubectl_ambient.cluster import facts
from kubectl_ambient.cluster.kinds.pods import INSTANCES, PODS, Pod, flat
from kubectl_ambient.cluster.wire_parts import Wire
from kubectl_ambient.cluster.wire_pods import Container, PodSpec, PodStatus

_DEFAULT_ACCOUNT = "default"


class ContainerPort(Wire, frozen=True):
    """`ports[]` of a container."""

    name: str | None = None
    container_port: int | None = None
    protocol: str | None = None

    def fact(self) -> facts.ContainerPort:
        """The flat port."""
        return facts.ContainerPort(
            number=self.container_port or 0, name=self.name or "", protocol=self.protocol or "TCP"
        )


class SpeakingContainer(Container, frozen=True):
    """`containers[]`, with the ports."""

    ports: list[ContainerPort] | None = None


class PodIP(Wire, frozen=True):
    """`status.podIPs[]`."""

    ip: str | None = None


class SpeakingSpec(PodSpec, frozen=True):
    """`spec`, with the ports."""

    containers: list[SpeakingContainer] | None = None  # type: ignore[assignment]

    def ports(self) -> tuple[facts.ContainerPort, ...]:
        """What its containers declare."""
        return tuple(port.fact() for container in self.containers or () for port in container.ports or ())


class SpeakingStatus(PodStatus, frozen=True):
    """`status`, with the addresses."""

    pod_ips: list[PodIP] | None = field(default=None, name="podIPs")  # type: ignore[assignment]

    def ips(self) -> tuple[str, ...]:
        """Its addresses, the first one first."""
        found = [self.pod_ip, *(each.ip for each in self.pod_ips or ())]
        return tuple(dict.fromkeys(ip for ip in found if ip))


class SpeakingPod(Pod, frozen=True):
    """A Pod, with addresses, account and ports."""

    spec: SpeakingSpec | None = None
    status: SpeakingStatus | None = None

    def fact(self) -> facts.Pod:
        """The flat pod, as it is to others."""
        spec, status = self.spec or SpeakingSpec(), self.status or SpeakingStatus()
        account = spec.service_account_name or _DEFAULT_ACCOUNT
        speaker = facts.Speaker(ips=status.ips(), account=account, ports=spec.ports())
        return replace(flat(self), speaker=speaker)


SPEAKERS = PODS.some("pods", wire=SpeakingPod)
SPEAKING_INSTANCES = INSTANCES.some("instances", wire=SpeakingPod)
