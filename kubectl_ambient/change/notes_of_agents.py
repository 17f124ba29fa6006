"""What the agents of the nodes make of a change: pods that would be cut off, and nodes that start no new ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kubectl_ambient.change.change import Change
from kubectl_ambient.change.effects import Moved
from kubectl_ambient.change.plan import Edit
from kubectl_ambient.change.words import grouped, pods, verb
from kubectl_ambient.cluster.facts import Namespace, Pod
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.installation.agents import Health
from kubectl_ambient.shell.command import Sentence

_NODES = 3


def trouble(program: str, status: str, nodes: Iterable[str]) -> str:
    """`ztunnel is not Ready on n2, n3`; a pod that has no node yet tells of none, so of all."""
    named = sorted({node for node in nodes if node})
    where = f"on {few(named, _NODES)}" if named else "on any node"
    return f"no {program} pod runs {where}" if status == "missing" else f"{program} is not Ready {where}"


def troubles(moved: Iterable[Moved]) -> dict[str, list[Moved]]:
    """The pods that agents are in the way of, or may be, by what is wrong with those."""
    moved = list(moved)
    doubts = grouped((m.waiting.ref, m) for m in moved if m.waiting is not None)
    by_agent = grouped(((m.agent.program, m.agent.status), m) for m in moved if m.agent is not None)
    told = {trouble(*agent, (m.pod.node for m in found)): found for agent, found in by_agent.items()}
    return told | {f"ztunnel on {found[0].pod.node} has not accepted {ref}": found for ref, found in doubts.items()}


def cut_off(change: Change) -> Iterator[Sentence]:
    """What is done to pods that are redirected to nobody."""
    yield from map(_told, troubles(change.effects.of("cut off")).items())


def cut_off_by(change: Change, edit: Edit) -> str:
    """Which pods this edit alone cuts off, and why; empty where it cuts off none."""
    return "; ".join(map(_told, troubles(m for m in change.effects.of("cut off") if _moves(edit, m.pod)).items()))


def held_in(change: Change) -> Iterator[Sentence]:
    """Redirected pods that nobody takes out for now."""
    for why, moved in troubles(change.effects.of("held in")).items():
        stay = verb(len(moved), "stay")
        yield f"{pods(len(moved))} {stay} redirected until istio-cni runs there again, or until replaced: {why}"


def new_pods(change: Change) -> Iterator[Sentence]:
    """Nodes that are not fit for the new pods of a workload, while others are: nobody knows where these come to."""
    coming = [m for m in change.effects.of("in") if m.when == "restart" and m.agent is None]
    if not coming or all(m.owner is not None and m.owner.kind == "DaemonSet" for m in coming):
        return
    bad: dict[tuple[str, str], list[str]] = {}
    for node, agents in change.effects.after.installation.nodes.items():
        health: Health | None = next((h for h in (agents.cni, agents.ztunnel) if h.bad), None)
        if health is not None:
            bad.setdefault((health.program, health.status), []).append(node)
    for (program, status), nodes in sorted(bad.items()):
        them = "it" if len(nodes) == 1 else "them"
        yield f"{trouble(program, status, nodes)}: a new pod that comes to {them} does not start, or is not put in"


def _told(found: tuple[str, Sequence[Moved]]) -> str:
    why, moved = found
    return f"{pods(len(moved))} can neither send nor receive TCP once moved in: {why}"


def _moves(edit: Edit, pod: Pod) -> bool:
    target = edit.target
    if isinstance(target, Namespace):
        return target.name == pod.namespace
    return isinstance(target, Pod) and (target.namespace, target.name) == (pod.namespace, pod.name)
