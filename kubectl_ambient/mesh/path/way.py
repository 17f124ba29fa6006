"""The way that a connection takes, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.mesh.answers import Answer
from kubectl_ambient.mesh.evidence import Evidence, Finding
from kubectl_ambient.mesh.path.parties import Party
from kubectl_ambient.mesh.policy.mtls import Mode

Protocol = Literal["HBONE", "mTLS", "plaintext"]
At = Literal["ztunnel", "waypoint", "sidecar", "gateway", "app"]
DecidesAt = Literal["ztunnel", "waypoint", "sidecar", "gateway", "network", "pod", "node"]
Stops = Literal["departure", "waypoint", "arrival"]
Outcome = Literal["allowed", "denied", "depends", "unknown"]


class Call(Struct, frozen=True, gc=False):
    """What is called: the address of a service, or (None) of the pod itself.

    port: that of the pod; None for one that no policy names. service_port: the one that is typed for the service.
    """

    port: int | None = None
    service: Service | ServiceEntry | None = None
    service_port: int | None = None


class Hop(Struct, frozen=True, gc=False):
    """A place that the traffic passes. protocol: how it comes there.

    leg: the number of the leg by which it comes; None where it does not leave the pod.
    """

    at: At
    object: str
    node: str
    protocol: Protocol
    leg: int | None = None


class Network(Struct, frozen=True, gc=False):
    """What NetworkPolicies say of a packet: whether it may go, and whether it may come; None: it cannot be told.

    decided_by: those that refuse it, or else those that let it through; or of which that cannot be told. why: what
    could not be read; empty else.
    """

    port: int | None
    egress: Answer
    ingress: Answer
    decided_by: tuple[str, ...] = ()
    why: str = ""

    @property
    def allowed(self) -> Answer:
        """Whether it passes."""
        if self.egress is False or self.ingress is False:
            return False
        return None if None in (self.egress, self.ingress) else True


class Leg(Struct, frozen=True, gc=False):
    """From one place to another over the network."""

    source: str
    destination: str
    protocol: Protocol
    network: Network

    @property
    def encrypted(self) -> bool:
        """Whether nobody in between can read it."""
        return self.protocol != "plaintext"


class Decider(Struct, frozen=True, gc=False):
    """An object that decides, and where."""

    object: str
    at: DecidesAt


class Saying(Struct, frozen=True, kw_only=True, gc=False):
    """What is said of the connection in one place on its way: one sentence without its end, and by which objects."""

    outcome: Outcome
    message: str
    by: tuple[Decider, ...] = ()


class Applied(Struct, frozen=True, gc=False):
    """An AuthorizationPolicy that speaks on the path. at: None where it is enforced nowhere on it.

    matches: whether it is about this connection; None: that depends on the request, or cannot be told. target_field:
    where it names what it is attached to, of one that is enforced nowhere.
    """

    object: str
    action: str
    at: At | None
    matches: Answer
    message: str
    target_field: str = ""


class Condition(Struct, frozen=True, gc=False):
    """Something under which the answer holds."""

    message: str
    evidence: tuple[Evidence, ...] = ()


class Peer(Struct, frozen=True, gc=False):
    """The peer authentication at the destination. mode: None where chance or what was not read decides."""

    at: At
    mode: Mode | None
    decided_by: tuple[str, ...]
    message: str


class Path(Struct, frozen=True, kw_only=True, gc=False):
    """The way from one end to the other, and the verdict. identity: who the destination sees; None where nobody.

    stops: where it is refused, but for what NetworkPolicies do on a leg; None where nothing refuses it there.
    """

    source: Party
    destination: Party
    call: Call
    identity: str | None
    hops: tuple[Hop, ...]
    legs: tuple[Leg, ...]
    verdict: Outcome
    message: str
    decided_by: tuple[Decider, ...]
    stops: Stops | None = None
    peer: Peer | None = None
    policies: tuple[Applied, ...] = ()
    conditions: tuple[Condition, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def encrypted(self) -> bool:
        """Whether it is so on every leg; without one it never leaves the pod, and so is not."""
        return bool(self.legs) and all(leg.encrypted for leg in self.legs)

    @property
    def network(self) -> Network | None:
        """That of a path of one leg."""
        return self.legs[0].network if len(self.legs) == 1 else None


def overall(words: Sequence[Saying]) -> Saying:
    """What decides: the first that denies, else that cannot be told, else that depends, else all that allow it."""
    for outcome in ("denied", "unknown", "depends"):
        found = next((word for word in words if word.outcome == outcome), None)
        if found is not None:
            return found
    by = tuple(dict.fromkeys(decider for word in words for decider in word.by))
    told = [word.message for word in words if word.by] or [word.message for word in words[-1:]]
    return Saying(outcome="allowed", message=", and ".join(dict.fromkeys(told)), by=by)
