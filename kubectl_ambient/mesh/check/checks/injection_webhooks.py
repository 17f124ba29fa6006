"""Check: every webhook for sidecars has an istiod."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.mesh.check.check import Check, Hit
from kubectl_ambient.mesh.evidence import label
from kubectl_ambient.mesh.installation.istiods import istiods

if TYPE_CHECKING:
    from kubectl_ambient.mesh.check.judged import Judged


def _without(judged: Judged) -> Iterator[Hit]:
    """What is left of an istiod that is gone: pods that it chooses are not created, as Istio's webhooks fail closed."""
    found = istiods(judged.snapshot)
    if isinstance(found, Unread):
        return
    revisions = {istiod.revision for istiod in found}
    for webhook in judged.snapshot.webhooks.known:
        if webhook.revision and webhook.revision not in revisions:
            yield Hit(
                object=webhook.ref,
                message=(
                    f"there is no istiod of its revision {webhook.revision} here: unless one elsewhere answers, no pod "
                    "that it chooses can be created"
                ),
                severity="warning",
                evidence=(label(webhook.ref, "istio.io/rev", webhook.revision),),
            )


CHECK = Check(
    id="injection-webhooks",
    section="control plane",
    title="every webhook for sidecars has an istiod",
    reads=("webhooks", "istiods"),
    asks=(_without,),
    always=True,
)
