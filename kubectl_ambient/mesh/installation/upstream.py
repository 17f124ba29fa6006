"""Which istiod a ztunnel speaks with: its environment names an address, and that a Service of istiod."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.installation.istiod_settings import variable
from kubectl_ambient.mesh.installation.istiods import ShownIstiod

CA_ADDRESS = "CA_ADDRESS"
XDS_ADDRESS = "XDS_ADDRESS"
_TAG = "istiod-revision-tag-"  # the Services of tags, 1.28+


def upstream(
    ztunnel: Pod | None, address: str, istiods: Sequence[ShownIstiod], snapshot: Snapshot
) -> list[ShownIstiod] | None:
    """The istiods that may be meant, of which any fact counts only if it is true of each; None where none of them is.

    The chart always sets the addresses, to `istiod[-<revision>].<namespace>.svc:15012` where nobody chose another.
    Without one (or without a ztunnel that is known) each that may serve ambient may be meant.
    """
    if ztunnel is None:
        return _serving(istiods)
    told = variable(ztunnel.agent, address, ztunnel.ref, "spec.containers[0]")
    if told.value is None:
        in_sight = told.known or ztunnel.agent is None or not any(v.name == address for v in ztunnel.agent.env)
        return _serving(istiods) if in_sight else None
    service, namespace = _service(told.value)
    home = namespace or ztunnel.namespace
    found = [istiod for istiod in istiods if istiod.istiod.namespace == home and _has(istiod, service, snapshot)]
    return found or None


def outside(ztunnel: Pod) -> bool:
    """Whether its addresses are of no Service `istiod…`, so that what it speaks with is not for us to find."""
    for address in (XDS_ADDRESS, CA_ADDRESS):
        told = variable(ztunnel.agent, address, ztunnel.ref, "spec.containers[0]")
        if told.value is not None and not (_service(told.value)[0].startswith("istiod") and ".svc" in told.value):
            return True
        if told.value is None and ztunnel.agent and any(v.name == address for v in ztunnel.agent.env):
            return True
    return False


def _serving(istiods: Sequence[ShownIstiod]) -> list[ShownIstiod]:
    return [istiod for istiod in istiods if istiod.serves_ambient != "off"] or list(istiods)


def _service(address: str) -> tuple[str, str]:
    """Name and namespace of the Service that an address names: `https://istiod.istio-system.svc:15012`."""
    host = address.rpartition("://")[2].partition("/")[0].partition(":")[0]
    name, _, rest = host.partition(".")
    return name, rest.partition(".")[0]


def _has(istiod: ShownIstiod, service: str, snapshot: Snapshot) -> bool:
    revision = istiod.revision
    if service.startswith(_TAG):
        tag = service.removeprefix(_TAG)
        return any(w.tag == tag and w.revision == revision for w in snapshot.webhooks)
    return service in (istiod.istiod.name, "istiod" if revision == "default" else f"istiod-{revision}")
