"""Nodes that do not do what the labels ask for, or start no new pods then."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.mesh.catalogue import Reason
from kubectl_ambient.mesh.evidence import Evidence, not_serving
from kubectl_ambient.mesh.installation.agents import Health
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.mesh.risks.risk import Risk
from kubectl_ambient.mesh.risks.strict import pods
from kubectl_ambient.mesh.risks.turn import Turn


def in_the_way(turn: Turn) -> Iterator[Risk]:
    """Pods that the agents of their nodes cut off, keep out, or keep in."""
    for direction, code, what in (
        ("cut off", RiskCode.PODS_CUT_OFF, "can neither send nor receive TCP once moved in"),
        ("not in", RiskCode.NODE_KEEPS_OUT, "would not get in"),
        (
            "held in",
            RiskCode.NODE_KEEPS_IN,
            "would stay redirected until its istio-cni runs again, or they are replaced",
        ),
    ):
        found: dict[tuple[str, str], tuple[Health, list[Pod]]] = {}
        for pod in turn.pods:
            move = turn.move_of(pod)
            if move is not None and move.direction == direction and move.hindered is not None:
                found.setdefault((pod.node, move.hindered.program), (move.hindered, []))[1].append(pod)
        for (node, _program), (health, hit) in found.items():
            yield Risk.of(
                code,
                f"{pods(hit)} on {node or 'no node yet'} {what}: {_wrong(health, node)}",
                _evidence(health, node),
                affects=[pod.ref for pod in hit],
            )


def new_pods(turn: Turn) -> Iterator[Risk]:
    """Nodes that start no new pods of what is put into ambient mode: istio-cni fails closed."""
    if not _brings_new_pods(turn):
        return
    for node, agents in sorted(turn.judge.installation.nodes.items()):
        health = next((health for health in (agents.cni, agents.ztunnel) if health.bad), None)
        known = turn.after.nodes.fact(node)
        if health is not None and (known is None or known.runs_daemonsets):
            yield Risk.of(
                RiskCode.NEW_PODS_DO_NOT_START,
                f"new pods that come to {node} would not start, or not be put in: {_wrong(health, node)}",
                _evidence(health, node),
                affects=[f"Node/{node}"],
                remedy="mend the agents of the node first: kubectl ambient status --nodes tells more",
            )


def _brings_new_pods(turn: Turn) -> bool:
    """Whether others will come in as well: into a namespace that does, or in the place of what does.

    A pod that has the label by itself is the only one.
    """
    if turn.entering and turn.before.namespaces.facts != turn.after.namespaces.facts:
        return True
    moves = (turn.move_of(pod) for pod in turn.entering)
    return any(move is not None and move.owner is not None and move.after_restart == "ambient" for move in moves)


def without_agents(turn: Turn) -> Iterator[Risk]:
    """Pods on nodes on which no agent can run: Windows, and virtual nodes."""
    hit = [
        pod for pod in turn.pods if (move := turn.move_of(pod)) is not None and move.reason == Reason.NODE_UNSUPPORTED
    ]
    if hit and turn.entering:
        node = turn.after.nodes.fact(hit[0].node)
        virtual = node.virtual if node is not None else None
        told = (
            Evidence(f"Node/{hit[0].node}", f"metadata.labels[{virtual[0]}]", virtual[1])
            if virtual
            else Evidence(hit[0].ref, hit[0].windows_field or "spec.nodeName", hit[0].node)
        )
        yield Risk.of(
            RiskCode.NODE_RUNS_NO_AGENT,
            f"{pods(hit)} would stay out, and speak plain text with those that come in: no agent of Istio runs on"
            " Windows or virtual nodes",
            told,
            affects=[pod.ref for pod in hit],
        )


def _wrong(health: Health, node: str) -> str:
    if health.status == "missing":
        return f"no {health.program} pod runs there"
    return f"{health.program} there is not Ready"


def _evidence(health: Health, node: str) -> Evidence:
    if health.pod is not None:
        return not_serving(health.pod)
    return Evidence(f"Node/{node}", f"pods of {health.program}", None)
