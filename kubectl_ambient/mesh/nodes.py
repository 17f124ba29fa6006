"""The mesh by node: the agents of each, and what is in, on its way, cut off, or not in among its pods."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from kubectl_ambient.cluster.facts import Node, Pod
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.installation.agents import Health
from kubectl_ambient.mesh.installation.placement import why_absent
from kubectl_ambient.mesh.installation.which_version import in_chart_labels, in_image, most_exact
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.state import sick
from kubectl_ambient.mesh.verdict import Verdict


class AgentOnNode(Struct, frozen=True, kw_only=True):
    """istio-cni or ztunnel on one node. status: `none` where no agent can run, as on Windows.

    version: as its image or its chart's label has it, else the image; empty where there is no pod. why: a sentence
    without its full stop where it does not serve; empty else.
    """

    program: str
    status: Literal["ready", "not ready", "missing", "unread", "none"]
    version: str = ""
    pod: str = ""
    why: str = ""


class NodeRow(Struct, frozen=True, kw_only=True):
    """One node; `name` is empty for the pods that have none yet. Pods that have ended are not counted.

    inside: Enrolled. pending: Pending or Starting. cut_off: how many are redirected to a ztunnel that does not serve
    them; these are counted in their state too. not_in: all others.
    """

    name: str
    cni: AgentOnNode
    ztunnel: AgentOnNode
    pods: int
    inside: int
    pending: int
    cut_off: int
    not_in: int

    @property
    def attention(self) -> bool:
        """Whether a person should look at it."""
        return bool(self.cut_off) or any(agent.status in ("not ready", "missing") for agent in (self.cni, self.ztunnel))


def by_node(judge: Judge, verdicts: Iterable[tuple[Pod, Verdict]]) -> list[NodeRow]:
    """One row a node, by name: all that are known, and those that pods or agents name."""
    snapshot = judge.snapshot
    found: dict[str, list[Verdict]] = {name: [] for name in (*snapshot.nodes.facts, *judge.installation.nodes)}
    for pod, verdict in verdicts:
        if not pod.finished:
            found.setdefault(pod.node, []).append(verdict)
    return [_row(judge, name, found[name]) for name in sorted(found, key=lambda name: (not name, name))]


def _row(judge: Judge, name: str, verdicts: Sequence[Verdict]) -> NodeRow:
    cni, ztunnel = agents_on(judge, name)
    dead = bool(name) and judge.installation.on(name).ztunnel.bad
    inside = sum(v.state == "Enrolled" for v in verdicts)
    pending = sum(v.state in ("Pending", "Starting") for v in verdicts)
    return NodeRow(
        name=name,
        cni=cni,
        ztunnel=ztunnel,
        pods=len(verdicts),
        inside=inside,
        pending=pending,
        cut_off=sum(v.unserved or (dead and v.observed != "absent") for v in verdicts),
        not_in=len(verdicts) - inside - pending,
    )


def agents_on(judge: Judge, node: str) -> tuple[AgentOnNode, AgentOnNode]:
    """istio-cni and ztunnel on a node."""
    agents = judge.installation.on(node)
    return _agent(judge, node, agents.cni), _agent(judge, node, agents.ztunnel)


def _agent(judge: Judge, name: str, health: Health) -> AgentOnNode:
    node = judge.snapshot.nodes.fact(name)
    if not name or (health.pod is None and isinstance(node, Node) and not node.runs_daemonsets):
        return AgentOnNode(program=health.program, status="none")
    if health.pod is None:
        why = _why_missing(judge, name, health) if health.bad else ""
        return AgentOnNode(program=health.program, status=health.status, why=why)
    return AgentOnNode(
        program=health.program,
        status=health.status,
        version=_version(health.pod),
        pod=f"{health.pod.namespace}/{health.pod.name}",
        why=sick(health, name, judge.snapshot.now) if health.bad else "",
    )


def _why_missing(judge: Judge, name: str, health: Health) -> str:
    told = sick(health, name, judge.snapshot.now)
    cause = why_absent(health.program, name, judge.snapshot)
    return f"{told}: {cause.message}" if cause else told


def _version(pod: Pod) -> str:
    image = pod.agent.image if pod.agent else ""
    written = most_exact([*in_image(image, Evidence("", "", None)), *in_chart_labels(pod.labels, "")])
    return written.named.text if written else image
