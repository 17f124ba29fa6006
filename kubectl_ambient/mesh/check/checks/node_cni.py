"""Check: every node has a Ready istio-cni."""

from __future__ import annotations

from kubectl_ambient.mesh.check.agents import AgentOn
from kubectl_ambient.mesh.check.check import Check

CHECK = Check(
    id="node-cni",
    section="nodes",
    title="every node has a Ready istio-cni",
    reads=("nodes", "cni_pods"),
    asks=(AgentOn("istio-cni"),),
)
