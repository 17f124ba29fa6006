"""Check: every ingress gateway has an istiod that owns it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubectl_ambient.cluster.kinds.gateways import Gateway, GatewayClass
from kubectl_ambient.mesh.check.check import Check, Hit
from kubectl_ambient.mesh.gateways import INGRESS_CLASSES, INGRESS_CONTROLLERS
from kubectl_ambient.mesh.waypoint.owner import owner_of

if TYPE_CHECKING:
    from kubectl_ambient.mesh.check.judged import Judged


def _nobodys(judged: Judged) -> Iterator[Hit]:
    """Whose a Gateway is follows from its revision; one that is nobody's waits for ever."""
    snapshot = judged.snapshot
    for gateway in sorted(snapshot.gateways, key=lambda g: g.key):
        if not judged.within(gateway.namespace) or not _is_istios(gateway, judged):
            continue
        owner = owner_of(gateway, judged.waypoints.namespace(gateway.namespace), snapshot)
        if owner.missing:
            yield Hit(
                object=gateway.ref,
                message=f"it asks for revision {owner.revision}, of which there is no istiod: nobody makes its proxies",
                evidence=owner.evidence,
            )


def _is_istios(gateway: Gateway, judged: Judged) -> bool:
    of_class = judged.snapshot.gateway_class(gateway.class_name)
    if isinstance(of_class, GatewayClass) and of_class.controller:
        return of_class.controller in INGRESS_CONTROLLERS
    return gateway.class_name in INGRESS_CLASSES


CHECK = Check(
    id="gateway-handled",
    section="gateways",
    title="every ingress gateway of Istio has an istiod that owns it",
    reads=("gateways", "istiods", "webhooks", "namespaces"),
    asks=(_nobodys,),
)
