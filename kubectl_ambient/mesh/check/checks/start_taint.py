"""Check: no node keeps the taint for new nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check, Hit
from kubectl_ambient.mesh.check.sources import of_pods
from kubectl_ambient.mesh.installation.start_taint import kept_taints, overdue, take_off

if TYPE_CHECKING:
    from kubectl_ambient.mesh.check.judged import Judged


def _kept(judged: Judged) -> Iterator[Hit]:
    """Also where no pod waits yet: the next one will."""
    kept = kept_taints(judged.snapshot)
    for one in kept if not isinstance(kept, Unread) else ():
        finding = overdue(one, judged.snapshot)
        if finding is not None:
            fix = next(take_off([one], judged.snapshot), None)
            yield Hit(
                object=f"Node/{one.node}",
                message=finding.message,
                severity=finding.severity,
                evidence=finding.evidence,
                fix=fix.command if fix else None,
                code=finding.code,
            )


CHECK = Check(
    id="start-taint",
    section="nodes",
    title="no node keeps the taint for new nodes",
    reads=("nodes", "cni_pods"),
    asks=(_kept, of_pods(Code.START_TAINT_KEPT)),
)
