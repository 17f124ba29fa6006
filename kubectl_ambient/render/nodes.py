"""`status --nodes`: one row a node, why an agent does not serve, and the document of the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kubectl_ambient.foreign import Shown
from kubectl_ambient.mesh.evidence import Finding
from kubectl_ambient.mesh.installation.agents import Installation
from kubectl_ambient.mesh.nodes import AgentOnNode, NodeRow
from kubectl_ambient.render.documents import API_VERSION, finding_document, istio
from kubectl_ambient.render.sentences import MARK, note, notes_text
from kubectl_ambient.render.table import Short, fitting, marked, table
from kubectl_ambient.render.terminal import Paint
from kubectl_ambient.shell.aim import Aim

_NAMES = ["NODE", "ISTIO-CNI", "ZTUNNEL", "IN", "PENDING", "CUT-OFF", "NOT-IN"]
_WORD = {"ready": "Ready", "not ready": "not Ready", "missing": "missing", "unread": "<unknown>", "none": "-"}


def node_table(rows: Sequence[NodeRow], *, headers: bool, width: int, paint: Paint) -> Shown:
    """One row a node; zeros are dashes."""
    names, cells = marked(_NAMES, [_cells(row, paint) for row in rows])
    short = (Short("NODE", "middle", 12), Short("ISTIO-CNI", "end", 12), Short("ZTUNNEL", "end", 12))
    kept, cells = fitting(names, cells, width, (), short)
    return table(kept, cells, with_headers=headers)


def _cells(row: NodeRow, paint: Paint) -> list[str]:
    numbers = (row.inside, row.pending, row.cut_off, row.not_in)
    mark = paint(MARK, "red") if row.attention else ""
    return [row.name or "<none>", _agent(row.cni), _agent(row.ztunnel), *(str(n) if n else "-" for n in numbers), mark]


def _agent(agent: AgentOnNode) -> str:
    return f"{_WORD[agent.status]} {agent.version}".strip()


def node_notes(rows: Iterable[NodeRow], told: Sequence[Finding], width: int, paint: Paint) -> Shown:
    """Why agents do not serve; what is true of several nodes, or was `told` above, once."""
    groups: dict[str, list[str]] = {}
    for row in rows:
        for agent in (row.cni, row.ztunnel):
            if agent.why and not any(finding.message.startswith(agent.why.partition(": ")[0]) for finding in told):
                groups.setdefault(f"{agent.why}.", []).append(row.name)
    return notes_text([note(names, why, width, paint) for why, names in groups.items()])


def node_sentence(rows: Sequence[NodeRow]) -> str:
    """`3 nodes, 12 pods: 8 in ambient mode, 1 pending, 2 cut off.`"""
    nodes, pods = sum(bool(row.name) for row in rows), sum(row.pods for row in rows)
    parts = [f"{sum(row.inside for row in rows)} in ambient mode"]
    sums = {"pending": sum(row.pending for row in rows), "cut off": sum(row.cut_off for row in rows)}
    parts += [f"{number} {word}" for word, number in sums.items() if number]
    many = "node" if nodes == 1 else "nodes"
    return f"{nodes} {many}, {pods} {'pod' if pods == 1 else 'pods'}: {', '.join(parts)}."


def node_status_list(
    rows: Iterable[NodeRow],
    installed: Installation,
    findings: Iterable[Finding],
    assumptions: Sequence[str],
    aim: Aim,
) -> dict[str, Any]:
    """`kind: NodeStatusList`: the installation, what is true of the mesh, what was assumed, one item a node."""
    return {
        "apiVersion": API_VERSION,
        "kind": "NodeStatusList",
        "istio": istio(installed),
        "findings": [finding_document(f, aim) for f in findings],
        "assumptions": list(assumptions),
        "items": [_item(row) for row in rows],
    }


def _item(row: NodeRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "istioCni": _agent_document(row.cni),
        "ztunnel": _agent_document(row.ztunnel),
        "pods": row.pods,
        "in": row.inside,
        "pending": row.pending,
        "cutOff": row.cut_off,
        "notIn": row.not_in,
    }


def _agent_document(agent: AgentOnNode) -> dict[str, Any]:
    return {
        "status": agent.status,
        "version": agent.version or None,
        "pod": agent.pod or None,
        "why": agent.why or None,
    }
