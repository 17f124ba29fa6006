"""A change as the mesh sees it: who is in it before, who afterwards, and which connections that makes others of."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from msgspec import Struct

from kubectl_ambient.cluster.facts import Namespace, Owner, Pod, Unread
from kubectl_ambient.cluster.found import Found
from kubectl_ambient.cluster.installation_facts import Istiod
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.network_facts import ContainerPort, PodOnNetwork
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import Reason
from kubectl_ambient.mesh.gateways import what_makes_it_a_gateway
from kubectl_ambient.mesh.installation.agents import Health, Installation
from kubectl_ambient.mesh.installation.istiod_settings import ambient
from kubectl_ambient.mesh.installation.mesh_config import Mesh, mesh
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.next_pod import AfterRestart
from kubectl_ambient.mesh.policy.connections import Identity
from kubectl_ambient.mesh.revisions import revision_of
from kubectl_ambient.mesh.risks.policies import Policies

if TYPE_CHECKING:
    from kubectl_ambient.mesh.risks.connections import Changed
    from kubectl_ambient.mesh.risks.risk import Risk
    from kubectl_ambient.mesh.risks.served import Served

TUNNEL = "networking.istio.io/tunnel"  # `http`: it takes HBONE, whatever it is that does


class Mover(Struct, frozen=True, kw_only=True, gc=False):
    """What becomes of a pod that the change reaches.

    ambient: whether it is in ambient mode, before and after, by its labels; None where that is not known. now: at once,
    and not by its successor. hindered: the agent of its node that is in the way; None where none is. reason: the word
    for what decides.
    """

    ambient: tuple[bool, bool] | None
    now: bool
    after_restart: AfterRestart
    reason: Reason
    direction: str
    owner: Owner | None = None
    hindered: Health | None = None


class Turn:
    """The cluster before and after, and what becomes of the pods that the change reaches.

    movers: these, by their refs. Others stay as they are seen. agents: of the nodes, where they are known already.
    """

    def __init__(
        self,
        before: Snapshot,
        after: Snapshot,
        movers: Mapping[str, Mover],
        *,
        agents: Installation | None = None,
    ) -> None:
        self.before = before
        self.after = after
        self._movers = movers
        self._agents = agents

    @cached_property
    def pods(self) -> list[Pod]:
        """Every pod that was read, without those that have ended, as it is afterwards."""
        facts = self.after.pods.facts
        return [facts[key] for key in sorted(facts) if not facts[key].finished]

    def pods_of(self, namespace: str) -> list[Pod]:
        """Those of a namespace."""
        return self._by_namespace.get(namespace, [])

    @cached_property
    def _by_namespace(self) -> dict[str, list[Pod]]:
        found: dict[str, list[Pod]] = {}
        for pod in self.pods:
            found.setdefault(pod.namespace, []).append(pod)
        return found

    @cached_property
    def entering(self) -> list[Pod]:
        """The pods that come into ambient mode."""
        return [pod for pod in self.pods if self.ambient(pod) == (False, True)]

    @cached_property
    def leaving(self) -> list[Pod]:
        """The pods that leave it."""
        return [pod for pod in self.pods if self.ambient(pod) == (True, False)]

    @cached_property
    def to_ztunnel(self) -> list[Pod]:
        """The pods whose policies ztunnel is going to enforce: at once, or in the place of their sidecar."""
        return [*self.entering, *(pod for pod in self.pods if self.loses_sidecar(pod))]

    @cached_property
    def judge(self) -> Judge:
        """Who judges pods as they are afterwards."""
        return Judge(self.after, agents=self._agents)

    def identity(self, pod: Pod, seen: PodOnNetwork) -> Identity:
        """Who the pod is to others in the mesh."""
        return Identity(self.mesh.trust_domain, pod.namespace, seen.service_account)

    @cached_property
    def identities(self) -> dict[str, Identity]:
        """Who each pod of the mesh is afterwards, by its ref, as far as accounts were read."""
        found = {}
        for pod in self.pods:
            seen = self.on_network(pod)
            if seen is not None and (self.sends(pod)[1] or pod.annotations.sidecar_status is not None):
                found[pod.ref] = self.identity(pod, seen)
        return found

    def knows_pods_of(self, namespace: str) -> bool:
        """Whether all pods of the namespace were read; of files, whether they hold some of it."""
        if self.after.on_network.covers(namespace):
            return True
        return self.after.from_files and any(pod.namespace == namespace for pod in self.pods)

    @cached_property
    def mesh(self) -> Mesh:
        """The settings of the mesh."""
        return mesh(self.after.istiods.known, self.after)

    def ambient(self, pod: Pod) -> tuple[bool, bool]:
        """Whether it is in ambient mode, before and after."""
        move = self._movers.get(pod.ref)
        seen = pod.annotations.redirection == "enabled"
        return (seen, seen) if move is None or move.ambient is None else move.ambient

    def takes(self, pod: Pod) -> tuple[bool, bool]:
        """Whether others send it HBONE, before and after [istiod `setTunnelProtocol`]."""
        if pod.labels.get(TUNNEL) == "http":
            return True, True
        return self.ambient(pod)

    def sends(self, pod: Pod) -> tuple[bool, bool]:
        """Whether it sends HBONE to those who take it, before and after."""
        if self.is_proxy(pod):
            sends = self.istiod_without_ambient(pod) is None
            return sends, sends
        return self.ambient(pod)

    def is_proxy(self, pod: Pod) -> bool:
        """Whether it has a sidecar, or is a gateway of Istio."""
        return pod.annotations.sidecar_status is not None or what_makes_it_a_gateway(pod) is not None

    def istiod_without_ambient(self, proxy: Pod) -> Istiod | None:
        """The istiod that has ambient off and configures a sidecar or gateway, which then sends no HBONE.

        It is that of the proxy's revision; where that is none of them, each has to have it off
        [pilot/pkg/features/ambient.go].
        """
        every, revision = self.after.istiods.known, revision_of(proxy)
        its_own = [istiod for istiod in every if istiod.revision == revision] or every
        off = [istiod for istiod in its_own if ambient(istiod).switch == "off"]
        return off[0] if off and len(off) == len(its_own) else None

    def on_network(self, pod: Pod) -> PodOnNetwork | None:
        """The pod with its ports and addresses; None where these were not read."""
        return self.after.on_network.fact(f"{pod.namespace}/{pod.name}")

    def why_unseen(self, pod: Pod) -> str:
        """Why its ports and addresses are not known; empty where they are."""
        if self.on_network(pod) is not None:
            return ""
        unread = self.after.on_network.why_unread(f"{pod.namespace}/{pod.name}")
        return str(unread or Unread(what=f"get pod {pod.name}", why="not read"))

    @cached_property
    def policies(self) -> Policies:
        """Istio's policies, as they are afterwards."""
        return Policies(self.after, self.mesh)

    def loses_sidecar(self, pod: Pod) -> bool:
        """Whether it has a sidecar, and its successor is in ambient mode."""
        move = self._movers.get(pod.ref)
        return move is not None and pod.annotations.sidecar_status is not None and move.after_restart == "ambient"

    def move_of(self, pod: Pod) -> Mover | None:
        """What becomes of it; None where the change does not reach it."""
        return self._movers.get(pod.ref)

    def ports(self, pod: Pod) -> dict[int, str]:
        """The TCP ports that its containers declare, and those that Services send to it; where each stands."""
        if pod.ref not in self._ports:
            declared = (p.number for p in self._declared(pod))
            found = {number: pod.ref for number in declared if number}
            for service in self.services_of(pod):
                for port in service.ports:
                    for number in self.numbers_of(pod, port.target) if port.protocol == "TCP" else ():
                        found.setdefault(number, f"Service/{service.namespace}/{service.name}")
            self._ports[pod.ref] = found
        return self._ports[pod.ref]

    @cached_property
    def _ports(self) -> dict[str, dict[int, str]]:
        return {}

    def numbers_of(self, pod: Pod, port: int | str) -> list[int]:
        """The number of a port of the pod, by itself or by the name that a container declares for it."""
        if isinstance(port, int):
            return [port] if port else []
        return [p.number for p in self._declared(pod) if p.name == port][:1]

    def _declared(self, pod: Pod) -> list[ContainerPort]:
        seen = self.on_network(pod)
        return [port for port in (seen.ports if seen else ()) if port.protocol == "TCP"]

    def services_of(self, pod: Pod) -> list[Service]:
        """The Services that select it."""
        there = self._services.get(pod.namespace, ())
        return [service for service in there if service.selector.items() <= pod.labels.items()]

    @cached_property
    def _services(self) -> dict[str, list[Service]]:
        found: dict[str, list[Service]] = {}
        for key in sorted(self.after.services.facts):
            service = self.after.services.facts[key]
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
    def served(self) -> Served | None:
        """What has a waypoint, where somebody moves; None where nothing has: then its rules are not loaded."""
        if not (self.entering or self.leaving):
            return None
        labels = chain(*((o.labels for o in of) for of in (self.after.services, self.after.namespaces, self.pods)))
        if not any("istio.io/use-waypoint" in found for found in labels):
            return None
        from kubectl_ambient.mesh.risks.served import served

        return served(self)

    @cached_property
    def changed_connections(self) -> list[Changed]:
        """The connections between pods whose packets have another port afterwards, as far as policies speak on them."""
        from kubectl_ambient.mesh.risks.connections import changed

        return list(changed(self))

    @cached_property
    def widened(self) -> list[Risk]:
        """The risks of connections that NetworkPolicies stop now, and will not."""
        from kubectl_ambient.mesh.risks.network import widens

        return list(widens(self))

    def why_unread(self, part: str) -> Unread | None:
        """Why a part of the snapshot is not known as a whole; None where it is, or is taken for empty."""
        found: Found[object] = getattr(self.after, part)
        unread = found.refusal
        return None if found.absent or self.after.takes_for_absent(unread) else unread
