"""`kind: WaypointList`: what `waypoint list -o json` prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kubectl_ambient.mesh.selectors import as_text
from kubectl_ambient.mesh.waypoint.list import Uses, Waypoint
from kubectl_ambient.mesh.waypoint.list_findings import findings_of
from kubectl_ambient.render.documents import API_VERSION, finding_document
from kubectl_ambient.shell.aim import Aim


def waypoint_list(found: Iterable[Waypoint], assumptions: Sequence[str], aim: Aim) -> dict[str, Any]:
    """All waypoints of the scope."""
    return {
        "apiVersion": API_VERSION,
        "kind": "WaypointList",
        "assumptions": list(assumptions),
        "items": [waypoint_document(waypoint, aim) for waypoint in found],
    }


def waypoint_document(waypoint: Waypoint, aim: Aim) -> dict[str, Any]:
    """One waypoint; what could not be read is null."""
    gateway, routes, owner = waypoint.gateway, waypoint.routes, waypoint.owner
    return {
        "namespace": gateway.namespace,
        "name": gateway.name,
        "class": gateway.class_name,
        "for": waypoint.takes.word,
        "addresses": list(gateway.addresses),
        "programmed": waypoint.programmed,
        "pods": None if waypoint.pods is None else {"ready": waypoint.ready, "all": waypoint.pods},
        "allowedRoutes": {
            "from": routes.allowed_from,
            "selector": as_text(routes.selector) if routes.selector else None,
        },
        "revision": owner.revision,
        "owner": owner.istiod,
        "answersHBONE": waypoint.answers_hbone,
        "usedBy": _uses(waypoint.uses),
        "findings": [finding_document(finding, aim) for finding in findings_of(waypoint)],
    }


def _uses(uses: Uses) -> dict[str, Any]:
    served = uses.served
    return {
        "namespaces": uses.namespaces,
        "services": served["Service"],
        "serviceEntries": served["ServiceEntry"],
        "pods": served["Pod"],
        "workloadEntries": served["WorkloadEntry"],
        "canaries": uses.canaries,
        "refused": sum(map(len, uses.refused.values())),
    }
