"""What one ztunnel says: the facts of its `/config_dump`, and nothing of it that is secret or long.

Of certificates only identities and times are kept, of the configuration no header and no environment, of connections
only that they prove something [istio/ztunnel src/admin.rs, src/inpod/admin.rs, src/state/workload.rs].
"""

from __future__ import annotations

from datetime import datetime

from msgspec import field

from kubectl_ambient.cluster.facts import Fact


class Proxied(Fact, frozen=True):
    """An entry of `workloadState`: a pod, by its uid, for which ztunnel runs its listeners, or tries to.

    state: `Up`, `Pending`, or a word that no version writes. namespace, name, service_account: empty where this version
    does not tell them (1.22 and 1.23). sources: the addresses that open outbound connections come from. captured:
    an inbound connection is open that came as plain TCP, which only the redirection leads there.
    """

    state: str
    namespace: str = ""
    name: str = ""
    service_account: str = ""
    sources: tuple[str, ...] = ()
    captured: bool = False

    def redirects(self, ips: tuple[str, ...]) -> bool:
        """Whether some traffic of a pod with these addresses is in ztunnel right now."""
        return self.captured or any(ip in self.sources for ip in ips)


class KnownWorkload(Fact, frozen=True):
    """An entry of `workloads`, the same on every node: what istiod told ztunnel of a pod.

    protocol: `HBONE`, or `TCP` where others send it plain text. waypoint: `namespace/hostname` (1.24+) or
    `network/address`; empty without one.
    """

    protocol: str
    waypoint: str = ""


class Certificate(Fact, frozen=True):
    """An entry of `certificates`. state: `Available`, `Initializing`, or `Unavailable: …` with the reason.

    begins, ends: of the leaf; None where there is none, or its times are no times.
    """

    identity: str
    state: str
    begins: datetime | None = None
    ends: datetime | None = None

    @property
    def account(self) -> str:
        """`namespace/account` of the identity; empty where it is no Istio identity."""
        parts = self.identity.split("/")
        return f"{parts[4]}/{parts[6]}" if len(parts) == 7 and (parts[3], parts[5]) == ("ns", "sa") else ""


class Dump(Fact, frozen=True):
    """What the ztunnel of a node says.

    node: `config.localNode`, empty where it is not told. version: the one that runs. proxied: by pod uid; None where
    it does not proxy pods of a node at all (`PROXY_MODE=dedicated`). workloads: by `namespace/name`. policies:
    `namespace/name` of each that it has. dns_capture: whether it answers DNS; None where it does not say.
    """

    node: str = ""
    version: str = ""
    proxied: dict[str, Proxied] | None = None
    workloads: dict[str, KnownWorkload] = field(default_factory=dict)
    policies: frozenset[str] = frozenset()
    certificates: tuple[Certificate, ...] = ()
    dns_capture: bool | None = None
