"""Packets as a NetworkPolicy sees them: who sends, who receives, and the port that is really on the wire."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from kubectl_ambient.cluster.facts import Unread

HBONE = 15008  # the port of all traffic between members of the mesh [istio pkg/config/constants]
PROBES = ("169.254.7.127", "fd16:9254:7127:1337:ffff:ffff:ffff:ffff")
"""Where the node's own connections to captured pods come from [istio cni/pkg/iptables `HostProbeSNATIP`]."""


class NamedPort(Struct, frozen=True, gc=False):
    """A port that a container declares. A policy may name it instead of its number."""

    name: str
    number: int
    protocol: str = "TCP"


class End(Struct, frozen=True, kw_only=True, gc=False):
    """One end of a connection: a pod of `namespace` with its labels, or (`labels` None) an address that is no pod.

    A pod on the host network is no pod here: its packets are those of its node. `namespace_labels` are an `Unread`
    where they could not be read.
    """

    ref: str
    ips: tuple[str, ...] = ()
    namespace: str = ""
    labels: Mapping[str, str] | None = None
    namespace_labels: Mapping[str, str] | Unread | None = None
    ports: tuple[NamedPort, ...] = ()


class Packet(Struct, frozen=True, gc=False):
    """A packet that opens a connection. `port` is the one on the wire: 15008 between members of the mesh."""

    source: End
    destination: End
    port: int
    protocol: str = "TCP"
