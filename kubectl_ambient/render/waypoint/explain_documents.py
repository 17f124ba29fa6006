"""`kind: WaypointExplanation` and `WaypointExplanationList`: what `waypoint explain -o json` prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kubectl_ambient.mesh.waypoint.explained import Explained
from kubectl_ambient.mesh.waypoint.namespace import NamespaceUse
from kubectl_ambient.mesh.waypoint.traffic import Client
from kubectl_ambient.render.documents import API_VERSION, evidence_document, fix_document, step_document
from kubectl_ambient.render.waypoint.documents import binding_document


def waypoint_explanation(explained: Explained, assumptions: Sequence[str]) -> dict[str, Any]:
    """One object: its item of `waypoint status`, every rule, the clients, and what to do."""
    return {
        "apiVersion": API_VERSION,
        "kind": "WaypointExplanation",
        "assumptions": list(assumptions),
        "object": binding_document(explained.binding),
        "named": explained.binding.named,
        "conditionAgrees": {"agrees": True, "disagrees": False}.get(explained.word),
        "steps": [step_document(step) for step in explained.binding.steps],
        "clients": [_client(client) for client in explained.clients],
        "fixes": [fix_document(fix) for fix in explained.fixes],
    }


def waypoint_explanation_list(
    items: Iterable[Explained], namespaces: Iterable[NamespaceUse], assumptions: Sequence[str]
) -> dict[str, Any]:
    """Several objects, and the namespaces that were asked for, summed up."""
    return {
        "apiVersion": API_VERSION,
        "kind": "WaypointExplanationList",
        "assumptions": list(assumptions),
        "namespaces": [_namespace(use) for use in namespaces],
        "items": [waypoint_explanation(explained, assumptions) for explained in items],
    }


def _client(client: Client) -> dict[str, Any]:
    return {
        "client": client.kind,
        "uses": client.uses,
        "message": f"{client.title}: {client.why}",
        "evidence": [evidence_document(e) for e in client.evidence],
    }


def _namespace(use: NamespaceUse) -> dict[str, Any]:
    return {
        "name": use.name,
        "named": use.named,
        "reason": use.reason,
        "message": use.message,
        "evidence": [evidence_document(e) for e in use.evidence],
        "groups": [
            {"kind": group.kind, "waypoint": group.waypoint, "reason": group.reason, "names": list(group.names)}
            for group in use.groups
        ],
        "exceptions": [binding_document(binding) for binding in use.exceptions],
        "fixes": [fix_document(fix) for fix in use.fixes],
    }
