"""`kind: WaypointExplanation` and `WaypointExplanationList`: what `waypoint explain -o json` prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kubectl_ambient.mesh.waypoint.explained import Explained
from kubectl_ambient.mesh.waypoint.namespace import NamespaceUse
from kubectl_ambient.mesh.waypoint.traffic import Client
from kubectl_ambient.render.documents import API_VERSION, evidence_document, fix_documents, step_document
from kubectl_ambient.render.waypoint.documents import binding_document
from kubectl_ambient.shell.aim import Aim


def waypoint_explanation(explained: Explained, assumptions: Sequence[str], aim: Aim) -> dict[str, Any]:
    """One object: its item of `waypoint status`, every rule, the clients, and what to do."""
    return {
        "apiVersion": API_VERSION,
        "kind": "WaypointExplanation",
        "assumptions": list(assumptions),
        "object": binding_document(explained.binding, aim),
        "named": explained.binding.named,
        "conditionAgrees": {"agrees": True, "disagrees": False}.get(explained.word),
        "steps": [step_document(step) for step in explained.binding.steps],
        "clients": [_client(client) for client in explained.clients],
        "fixes": fix_documents(explained.fixes, aim),
    }


def waypoint_explanation_list(
    items: Iterable[Explained], namespaces: Iterable[NamespaceUse], assumptions: Sequence[str], aim: Aim
) -> dict[str, Any]:
    """Several objects, and the namespaces that were asked for, summed up."""
    return {
        "apiVersion": API_VERSION,
        "kind": "WaypointExplanationList",
        "assumptions": list(assumptions),
        "namespaces": [_namespace(use, aim) for use in namespaces],
        "items": [waypoint_explanation(explained, assumptions, aim) for explained in items],
    }


def _client(client: Client) -> dict[str, Any]:
    return {
        "client": client.kind,
        "uses": client.uses,
        "message": f"{client.title}: {client.why}",
        "evidence": [evidence_document(e) for e in client.evidence],
    }


def _namespace(use: NamespaceUse, aim: Aim) -> dict[str, Any]:
    return {
        "name": use.name,
        "named": use.named,
        "reason": use.reason.value,
        "message": use.message,
        "evidence": [evidence_document(e) for e in use.evidence],
        "groups": [
            {"kind": group.kind, "waypoint": group.waypoint, "reason": group.reason.value, "names": list(group.names)}
            for group in use.groups
        ],
        "exceptions": [binding_document(binding, aim) for binding in use.exceptions],
        "fixes": fix_documents(use.fixes, aim),
    }
