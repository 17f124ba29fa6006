"""The verdict on the waypoint of one object."""

from __future__ import annotations

from msgspec import Struct

from kubectl_ambient.cluster.kinds.conditions import Condition
from kubectl_ambient.cluster.served import Kind
from kubectl_ambient.mesh.catalogue import WaypointReason
from kubectl_ambient.mesh.evidence import Finding, Step, warns
from kubectl_ambient.mesh.waypoint.deciding import UNUSABLE
from kubectl_ambient.mesh.waypoint.usable import Traffic


class Binding(Struct, frozen=True, kw_only=True, gc=False):
    """One object's row. `waypoint` is `namespace/name` of the one that serves it, or None.

    named: the waypoint that the labels name, usable or not; None where they name none. inherited_from: the Namespace
    (`Namespace/shop`) whose label it is. condition: what istiod wrote. message: one sentence. steps: every rule's
    word, where they were asked for. leads: whether anything gets to that waypoint; None where that is not known.
    """

    kind: Kind
    namespace: str
    name: str
    waypoint: str | None
    traffic: Traffic
    reason: WaypointReason
    named: str | None
    inherited_from: str | None
    condition: Condition | None
    message: str
    leads: bool | None = True
    findings: tuple[Finding, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def ref(self) -> str:
        """`Service/shop/cart`."""
        return f"{self.kind}/{self.namespace}/{self.name}"

    @property
    def unknown(self) -> bool:
        """Which waypoint serves it, if any, cannot be told."""
        return self.reason == WaypointReason.EVIDENCE_MISSING

    @property
    def unusable(self) -> bool:
        """A waypoint is named and does not serve it."""
        return self.reason in UNUSABLE

    @property
    def needs_attention(self) -> bool:
        """Whether a person should look at it: it cannot be told, or has a warning or an error."""
        return self.unknown or warns(self.findings)
