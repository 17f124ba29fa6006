"""The documents of the waypoint commands: contracts, held to by the schemas in docs/schema."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kubectl_ambient.mesh.waypoint.binding import Binding
from kubectl_ambient.mesh.waypoint.summary import Sums, sums
from kubectl_ambient.render.documents import API_VERSION, finding_document
from kubectl_ambient.shell.aim import Aim


def waypoint_status_list(bindings: Sequence[Binding], assumptions: Iterable[str], aim: Aim) -> dict[str, Any]:
    """`kind: WaypointStatusList`: the sums, and one item for each Service, ServiceEntry, Pod and WorkloadEntry."""
    return {
        "apiVersion": API_VERSION,
        "kind": "WaypointStatusList",
        "assumptions": list(assumptions),
        "summary": _summary(sums(bindings)),
        "items": [binding_document(binding, aim) for binding in bindings],
    }


def _summary(found: Sums) -> dict[str, Any]:
    return {
        "objects": sum(found.total.values()),
        "served": sum(found.served.values()),
        "unknown": found.unknown,
        "dead": found.dead,
        "passedBy": found.passed,
        "notUsed": found.unusable,
        "kinds": {
            kind: {"objects": found.total[kind], "served": found.served[kind], "unknown": found.untold[kind]}
            for kind in found.total
        },
    }


def binding_document(binding: Binding, aim: Aim) -> dict[str, Any]:
    """One object and its waypoint; `condition` is what istiod wrote."""
    written = binding.condition
    return {
        "kind": binding.kind,
        "namespace": binding.namespace,
        "name": binding.name,
        "waypoint": binding.waypoint,
        "traffic": binding.traffic,
        "reason": binding.reason.value,
        "inheritedFrom": binding.inherited_from,
        "condition": {"status": written.status, "reason": written.reason} if written else None,
        "message": binding.message,
        "findings": [finding_document(finding, aim) for finding in binding.findings],
    }
