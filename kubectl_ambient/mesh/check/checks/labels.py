"""Check: every label and annotation of Istio does something."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check, Hit
from kubectl_ambient.mesh.check.sources import is_of_mode, of_labels, of_pods
from kubectl_ambient.mesh.waypoint.usable import WAYPOINT_FOR


def _other(hit: Hit) -> bool:
    """Not what checks of its own tell: values of the mode, and of a waypoint's traffic type."""
    of_waypoint = hit.object.startswith("Gateway/") and any(f"[{WAYPOINT_FOR}]" in e.field for e in hit.evidence)
    return hit.code != Code.VALUE_UNKNOWN or not (is_of_mode(hit) or of_waypoint)


CHECK = Check(
    id="labels",
    section="namespaces",
    title="every label and annotation of Istio does something",
    reads=("labelled",),
    also=("labelled_namespaces", "pods"),
    asks=(
        of_labels(
            Code.ANNOTATION_IS_LABEL,
            Code.KEY_MISPLACED,
            Code.KEY_MISSPELT,
            Code.KEY_NOT_IN_VERSION,
            Code.LABEL_INCOMPLETE,
            Code.LABEL_IS_ANNOTATION,
            Code.LABEL_REFUSED,
            Code.VALUE_UNKNOWN,
            where=_other,
        ),
        of_pods(Code.KEY_MISSPELT, Code.MODE_IS_ANNOTATION),
    ),
)
