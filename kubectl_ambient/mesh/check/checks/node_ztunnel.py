"""Check: every node has a Ready ztunnel."""

from __future__ import annotations

from kubectl_ambient.mesh.check.agents import AgentOn
from kubectl_ambient.mesh.check.check import Check

CHECK = Check(
    id="node-ztunnel",
    section="nodes",
    title="every node has a Ready ztunnel",
    reads=("nodes", "ztunnel_pods"),
    asks=(AgentOn("ztunnel"),),
)
