"""Whether the agents of a pod's node do what its labels ask for.

Labels move a running pod only by a Ready istio-cni on its node, which redirects it first and then tells ztunnel: where
that does not serve, the pod stays redirected to nobody, as `pending` from 1.25 on, as `enabled` before
[cni/pkg/nodeagent/server.go `AddPodToMesh`, 1.22.0 to 1.31.0-rc.0]. A new pod is not started then: istio-cni's plugin
fails, and is asked again [cni/pkg/nodeagent/cni-watcher.go].
"""

from __future__ import annotations

from typing import Literal

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.mesh.installation.agents import Health, Installation, NodeAgents
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.state import YOUNG, observed_of


def hinders(
    pod: Pod, installation: Installation, *, now: bool, bound: bool
) -> tuple[Literal["in", "not in", "cut off"], Health | None]:
    """What becomes of a pod that is to move in, and the agent that is in the way.

    now: it moves as it is, and not by its successor. bound: that comes to the same node; else it may come to any.
    """
    agents = installation.on(pod.node)
    if not (bound and pod.node) and not all(map(_bad, (*installation.nodes.values(), installation.elsewhere))):
        return "in", None
    observed = observed_of(pod, agents) if now else "absent"
    if agents.cni.bad and observed == "absent":
        return "not in", agents.cni
    if agents.ztunnel.bad:
        return ("cut off" if now and pod.has_ip else "not in"), agents.ztunnel
    return ("cut off", agents.cni) if agents.cni.bad and observed == "pending" else ("in", None)


def leaves_in(pod: Pod, installation: Installation) -> Health | None:
    """The istio-cni that does not take a redirected pod out; None where it does, or where there is nothing to do."""
    agents = installation.on(pod.node)
    redirected = observed_of(pod, agents) != "absent"
    return agents.cni if redirected and agents.cni.bad and pod.node else None


def not_accepted(judge: Judge) -> dict[str, Pod]:
    """By node, a pod that ztunnel there has not accepted although the agents are Ready, as far as pods were read.

    It is the youngest of those that are redirected there, and older than a moment: none that came after it is in.
    """
    youngest: dict[str, Pod] = {}
    for pod in judge.snapshot.pods:
        if pod.annotations.redirection is None or pod.finished or pod.created is None:
            continue
        other = youngest.get(pod.node)
        if other is None or other.created is None or pod.created > other.created:
            youngest[pod.node] = pod
    return {node: pod for node, pod in youngest.items() if _waits(pod, judge)}


def _waits(pod: Pod, judge: Judge) -> bool:
    agents, now = judge.installation.on(pod.node), judge.snapshot.now
    old = now is not None and pod.created is not None and now - pod.created > YOUNG
    return (
        old and not _bad(agents) and observed_of(pod, agents) == "pending" and judge.expected_of(pod).expected == "in"
    )


def _bad(agents: NodeAgents) -> bool:
    return agents.cni.bad or agents.ztunnel.bad
