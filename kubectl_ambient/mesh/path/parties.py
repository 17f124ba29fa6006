"""Who speaks and who is spoken to: what each end of a path is to the mesh."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from kubectl_ambient.cluster.facts import Pod, Unread
from kubectl_ambient.cluster.network_facts import ContainerPort, PodOnNetwork
from kubectl_ambient.mesh.gateways import role_of_gateway
from kubectl_ambient.mesh.installation.settings import GO_TRUE
from kubectl_ambient.mesh.state import Mode

Role = Literal[
    "ambient", "pending", "sidecar", "proxyless", "gateway", "east-west", "waypoint", "plain", "host", "outside"
]
"""`host` is a node's own process or a pod on its network, `plain` a pod out of the mesh, `outside` another address."""

TUNNEL = "networking.istio.io/tunnel"
TLS_MODE = "security.istio.io/tlsMode"
_PROXYLESS = ("grpc-agent", "grpc-simple")


class Party(Struct, frozen=True, kw_only=True, gc=False):
    """One end. `ref` as `Pod/shop/a`, `Node/n1`, `outside` or an address; `node` is empty where it is on none.

    account: that it speaks as, None where it is none of the mesh or was not read. ports: those that its containers
    declare. unserved: it is captured, and the ztunnel of its node does not serve it now; untold: why that is not known.
    """

    ref: str
    role: Role
    mode: Mode = "none"
    pod: Pod | None = None
    node: str = ""
    ips: tuple[str, ...] = ()
    account: str | None = None
    ports: tuple[ContainerPort, ...] = ()
    unserved: bool = False
    untold: Unread | None = None

    @property
    def name(self) -> str:
        """Its name alone, as a picture has it."""
        return self.ref.rpartition("/")[2]

    @property
    def ip(self) -> str | None:
        """The first of its addresses; None where none is known."""
        return self.ips[0] if self.ips else None

    @property
    def takes_hbone(self) -> bool:
        """Whether istiod tells others to speak HBONE to it [workloads.go `setTunnelProtocol`]."""
        if self.pod is None or self.role in ("host", "outside"):
            return False
        return self.role == "ambient" or "http" in self.pod.labels.get(TUNNEL, "").split(",")

    @property
    def takes_mtls(self) -> bool:
        """Whether sidecars and gateways speak their own mTLS to it, by the label that injection sets."""
        return self.pod is not None and self.pod.labels.get(TLS_MODE) == "istio"

    @property
    def bypasses(self) -> bool:
        """Whether plain text that comes to it is not captured."""
        return self.pod is not None and self.pod.annotations.bypass_inbound_capture in GO_TRUE


def party_of(
    pod: Pod, seen: PodOnNetwork | None, mode: Mode, *, unserved: bool = False, untold: Unread | None = None
) -> Party:
    """A pod as an end. mode: what its traffic goes through now."""
    return Party(
        ref=pod.ref,
        role=_role(pod, mode),
        mode=mode,
        pod=pod,
        node=pod.node,
        ips=seen.ips if seen else (),
        account=seen.service_account if seen else None,
        ports=seen.ports if seen else (),
        unserved=unserved,
        untold=untold,
    )


def _role(pod: Pod, mode: Mode) -> Role:
    if mode == "gateway":
        return role_of_gateway(pod)
    if pod.host_network:
        return "host"
    if mode == "ambient":
        return "ambient" if pod.annotations.redirection == "enabled" else "pending"
    if mode == "sidecar":
        templates = (pod.annotations.inject_templates or "").split(",")
        return "proxyless" if any(name.strip() in _PROXYLESS for name in templates) else "sidecar"
    return "plain"
