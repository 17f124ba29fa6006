"""A change as the mesh sees it: who is in it before, who afterwards, and which connections that makes others of."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from kubectl_ambient.cluster.facts import Namespace, Pod, Unread
from kubectl_ambient.cluster.found import Found
from kubectl_ambient.cluster.installation_facts import Istiod
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.network_facts import PodOnNetwork
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.gateways import what_makes_it_a_gateway
from kubectl_ambient.mesh.installation.istiod_settings import ambient
from kubectl_ambient.mesh.installation.mesh_config import Mesh, mesh

if TYPE_CHECKING:
    from kubectl_ambient.mesh.risks.connections import Changed

TUNNEL = "networking.istio.io/tunnel"  # `http`: it takes HBONE, whatever it is that does


class Turn:
    """The cluster before and after, and what becomes of the pods that the change reaches.

    ambient: whether each of these is in ambient mode, before and after, by its ref. Others stay as they are seen.
    """

    def __init__(self, before: Snapshot, after: Snapshot, ambient: Mapping[str, tuple[bool, bool]]) -> None:
        self.before = before
        self.after = after
        self._ambient = ambient

    @cached_property
    def pods(self) -> list[Pod]:
        """Every pod that was read, without those that have ended, as it is afterwards."""
        facts = self.after.pods.facts
        return [facts[key] for key in sorted(facts) if not facts[key].finished]

    @cached_property
    def entering(self) -> list[Pod]:
        """The pods that come into ambient mode."""
        return [pod for pod in self.pods if self._ambient.get(pod.ref) == (False, True)]

    @cached_property
    def leaving(self) -> list[Pod]:
        """The pods that leave it."""
        return [pod for pod in self.pods if self._ambient.get(pod.ref) == (True, False)]

    @cached_property
    def mesh(self) -> Mesh:
        """The settings of the mesh."""
        return mesh(self.after.istiods.known, self.after)

    def ambient(self, pod: Pod) -> tuple[bool, bool]:
        """Whether it is in ambient mode, before and after."""
        seen = pod.annotations.redirection == "enabled"
        return self._ambient.get(pod.ref, (seen, seen))

    def takes(self, pod: Pod) -> tuple[bool, bool]:
        """Whether others send it HBONE, before and after [istiod `setTunnelProtocol`]."""
        if pod.labels.get(TUNNEL) == "http":
            return True, True
        return self.ambient(pod)

    def sends(self, pod: Pod) -> tuple[bool, bool]:
        """Whether it sends HBONE to those who take it, before and after."""
        if self.is_proxy(pod):
            return self.proxies_send, self.proxies_send
        return self.ambient(pod)

    def is_proxy(self, pod: Pod) -> bool:
        """Whether it has a sidecar, or is a gateway of Istio."""
        return pod.annotations.sidecar_status is not None or what_makes_it_a_gateway(pod) is not None

    @cached_property
    def without_ambient(self) -> list[Istiod]:
        """The istiods that have ambient off: what they configure sends no HBONE."""
        return [istiod for istiod in self.after.istiods.known if ambient(istiod).switch == "off"]

    @property
    def proxies_send(self) -> bool:
        """Whether sidecars and gateways send HBONE: their istiod has ambient on [features/ambient.go]."""
        return not self.without_ambient

    def on_network(self, pod: Pod) -> PodOnNetwork | None:
        """The pod with its ports and addresses; None where these were not read."""
        return self.after.on_network.fact(f"{pod.namespace}/{pod.name}")

    def ports(self, pod: Pod) -> dict[int, str]:
        """The TCP ports that its containers declare, and those that Services send to it; where each stands."""
        if pod.ref not in self._ports:
            self._ports[pod.ref] = self._find_ports(pod)
        return self._ports[pod.ref]

    @cached_property
    def _ports(self) -> dict[str, dict[int, str]]:
        return {}

    def _find_ports(self, pod: Pod) -> dict[int, str]:
        seen = self.on_network(pod)
        declared = [port for port in (seen.ports if seen else ()) if port.protocol == "TCP"]
        found = {port.number: pod.ref for port in declared if port.number}
        for service in self._services.get(pod.namespace, ()):
            if not service.selector.items() <= pod.labels.items():
                continue
            for port in service.ports:
                if port.protocol != "TCP":
                    continue
                number = port.target
                if isinstance(number, str):
                    number = next((p.number for p in declared if p.name == number), 0)
                if number:
                    found.setdefault(number, f"Service/{service.namespace}/{service.name}")
        return found

    @cached_property
    def _services(self) -> dict[str, list[Service]]:
        found: dict[str, list[Service]] = {}
        for service in self.after.services:
            if service.selector and service.type != "ExternalName":
                found.setdefault(service.namespace, []).append(service)
        return found

    def labels_of_namespace(self, name: str) -> dict[str, str] | Unread:
        """The labels of a namespace; an Unread where they were not read. All have that of their name.

        [kube-apiserver sets `kubernetes.io/metadata.name`]
        """
        found = self.after.namespaces.get(name)
        if isinstance(found, Namespace):
            return {**found.labels, "kubernetes.io/metadata.name": name}
        return found or Unread(what=f"get namespace {name}", why="not read")

    @cached_property
    def changed_connections(self) -> list[Changed]:
        """The connections between pods whose packets have another port afterwards, as far as policies speak on them."""
        from kubectl_ambient.mesh.risks.connections import changed

        return list(changed(self))

    def why_unread(self, part: str) -> Unread | None:
        """Why a part of the snapshot is not known as a whole; None where it is, or is taken for empty."""
        found: Found[object] = getattr(self.after, part)
        unread = found.refusal
        return None if found.absent or self.after.takes_for_absent(unread) else unread
