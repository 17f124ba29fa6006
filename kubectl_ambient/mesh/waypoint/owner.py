"""Which istiod owns a waypoint: the one that makes its Deployment and writes its address."""

from __future__ import annotations

from msgspec import Struct

from kubectl_ambient.cluster.facts import Namespace, Unread
from kubectl_ambient.cluster.found import EVERYWHERE
from kubectl_ambient.cluster.kinds.gateways import Gateway
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.evidence import Evidence, label, unread_labels
from kubectl_ambient.mesh.injection import REVISION
from kubectl_ambient.mesh.installation.istiod_settings import ambient

_DEFAULT = "default"


class Owner(Struct, frozen=True):
    """The revision or tag that a Gateway asks for, and the istiod that answers to it.

    revision: None where the Namespace's label decides and could not be read. istiod: `Deployment/istio-system/istiod`;
    None where none was found. missing: all of them were read, and none is of that revision.
    """

    revision: str | None
    istiod: str | None
    missing: bool
    evidence: tuple[Evidence, ...]


def owner_of(gateway: Gateway, namespace: Namespace | Unread, snapshot: Snapshot) -> Owner:
    """The Gateway's label `istio.io/rev`, else its Namespace's, else `default`; a tag stands for its revision.

    Tags are known by the webhooks that they have, where these were read. Source: revisions/tag_watcher.go `IsMine`.
    """
    where, evidence = f"Namespace/{gateway.namespace}", [label(gateway.ref, REVISION, gateway.labels.get(REVISION))]
    revision = gateway.labels.get(REVISION)
    if revision is None and isinstance(namespace, Unread):
        return Owner(None, None, False, (*evidence, unread_labels(where, namespace)))
    if revision is None and isinstance(namespace, Namespace):
        revision = namespace.labels.get(REVISION)
        evidence.append(label(where, REVISION, revision))
    revision = revision or _DEFAULT
    tags = {webhook.tag: webhook.revision for webhook in snapshot.webhooks.known if webhook.tag}
    istiods = snapshot.istiods
    of_it = [istiod for istiod in istiods.known if istiod.revision == tags.get(revision, revision)]
    found = next((istiod for istiod in of_it if ambient(istiod).switch != "off"), next(iter(of_it), None))
    # What a tag stands for is not known without the webhooks.
    missing = found is None and istiods.refusal is None and snapshot.webhooks.covers(EVERYWHERE)
    return Owner(revision, found.ref if found else None, missing, tuple(evidence))
