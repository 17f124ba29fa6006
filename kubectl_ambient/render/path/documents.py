"""The documents of `path`: contracts, held to by the schemas in docs/schema."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kubectl_ambient.mesh.path.answer import Answer
from kubectl_ambient.mesh.path.way import Decider, Leg, Network, Path
from kubectl_ambient.render.documents import API_VERSION, evidence_document, finding_document
from kubectl_ambient.shell.aim import Aim


def path_document(answer: Answer, assumptions: Iterable[str], aim: Aim) -> dict[str, Any]:
    """`kind: Path`."""
    return {"apiVersion": API_VERSION, "kind": "Path", **path_item(answer, aim), "assumptions": list(assumptions)}


def path_list(answers: Iterable[Answer], assumptions: Iterable[str], aim: Aim) -> dict[str, Any]:
    """`kind: PathList`."""
    return {
        "apiVersion": API_VERSION,
        "kind": "PathList",
        "assumptions": list(assumptions),
        "items": [{**path_item(answer, aim), "assumptions": []} for answer in answers],
    }


def path_item(answer: Answer, aim: Aim) -> dict[str, Any]:
    """One pair and port. `cases` has each kind of path where the pods are not all alike."""
    first = answer.first
    call = answer.call
    port = call.service_port if call.service is not None else call.port
    several = len(answer.paths) > 1
    return {
        "from": {"ref": answer.source, "mode": answer.source_mode},
        "to": {"ref": answer.destination, "mode": answer.destination_mode, "port": port, "podPort": call.port},
        "identity": answer.identity,
        "encrypted": answer.encrypted,
        **_way(first),
        "verdict": answer.verdict,
        "message": answer.message,
        "decidedBy": _deciders(answer.decided_by),
        "cases": [_case(path) for path in answer.paths] if several else [],
        "findings": [finding_document(f, aim) for f in dict.fromkeys(f for p in answer.paths for f in p.findings)],
    }


def _way(path: Path) -> dict[str, Any]:
    peer = path.peer
    return {
        "hops": [{"at": h.at, "object": h.object, "node": h.node, "protocol": h.protocol} for h in path.hops],
        "legs": [_leg(leg) for leg in path.legs],
        "network": _network(path.network) if path.network else None,
        "peerAuthentication": peer
        and {"at": peer.at, "mode": peer.mode, "decidedBy": list(peer.decided_by), "message": peer.message},
        "policies": [
            {"object": p.object, "action": p.action, "at": p.at, "matches": p.matches, "message": p.message}
            for p in path.policies
        ],
        "conditions": [
            {"message": c.message, "evidence": [evidence_document(e) for e in c.evidence]} for c in path.conditions
        ],
    }


def _case(path: Path) -> dict[str, Any]:
    return {
        "from": {"ref": path.source.ref, "mode": path.source.mode},
        "to": {"ref": path.destination.ref, "mode": path.destination.mode},
        "identity": path.identity,
        "encrypted": path.encrypted,
        **_way(path),
        "verdict": path.verdict,
        "message": path.message,
        "decidedBy": _deciders(path.decided_by),
    }


def _leg(leg: Leg) -> dict[str, Any]:
    return {
        "from": leg.source,
        "to": leg.destination,
        "protocol": leg.protocol,
        "encrypted": leg.encrypted,
        "network": _network(leg.network),
    }


def _network(found: Network) -> dict[str, Any]:
    return {
        "port": found.port,
        "egress": found.egress,
        "ingress": found.ingress,
        "decidedBy": list(found.decided_by),
    }


def _deciders(found: Iterable[Decider]) -> list[dict[str, Any]]:
    return [{"object": decider.object, "at": decider.at} for decider in found]
