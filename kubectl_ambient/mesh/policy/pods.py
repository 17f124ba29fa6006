"""What policies mean for one pod: its effective mTLS by port, and who speaks on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.policy_facts import PeerAuthentication
from kubectl_ambient.mesh.policy.mtls import Mode, Mtls
from kubectl_ambient.mesh.policy.sent import Sent
from kubectl_ambient.mesh.state import Mode as PodMode

_ANY = 0  # no port: what holds for all that are not named


class PodPolicies(Struct, frozen=True, kw_only=True, gc=False):
    """A pod, and what is enforced there. `mtls` is None where it is not in the mesh, or is a gateway.

    policies: the AuthorizationPolicies that its ztunnel has; none where it has a sidecar.
    """

    pod: Pod
    mode: PodMode
    mtls: Mtls | None = None
    policies: tuple[Sent, ...] = ()

    @property
    def default(self) -> Mode | None:
        """The mode of every port that is not named; None where chance decides."""
        return self.mtls.mode(_ANY) if self.mtls else None

    @property
    def ports(self) -> dict[int, Mode | None]:
        """The modes of those ports that differ from the default."""
        if self.mtls is None:
            return {}
        return {port: mode for port in self.mtls.ports if (mode := self.mtls.mode(port)) != self.default}

    @property
    def decided_by(self) -> tuple[PeerAuthentication, ...]:
        """The PeerAuthentications that decide, each once; those that chance may choose are all among them."""
        return once(pa for answer in (self.mtls.answers if self.mtls else ()) for pa in answer.decided_by if pa.name)


def once(found: Iterable[PeerAuthentication]) -> tuple[PeerAuthentication, ...]:
    """Each of them once, in this order."""
    return tuple({pa.ref: pa for pa in found}.values())


def decided_by(pods: Sequence[PodPolicies], pa: PeerAuthentication) -> list[PodPolicies]:
    """The pods of the mesh for which it has a word."""
    return [pod for pod in pods if pod.mode != "none" and any(other.ref == pa.ref for other in pod.decided_by)]
