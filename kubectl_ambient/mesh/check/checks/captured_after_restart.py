"""Check: no pod in ambient mode got its network before istio-cni was Ready again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from kubectl_ambient.cluster.facts import Pod, Sandbox
from kubectl_ambient.mesh.check.check import Check, Hit
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.shell.command import kubectl, offered
from kubectl_ambient.shell.words import inside, name

if TYPE_CHECKING:
    from kubectl_ambient.mesh.check.judged import Judged

_A_START = timedelta(minutes=5)  # no more than this from the start of a pod to its first network
_A_RESTART = timedelta(minutes=10)  # of a node, to the end of which its istio-cni is Ready again


def _suspected(judged: Judged) -> Iterator[Hit]:
    """The annotation is written once, and nothing checks it again [istio#60882]: a suspicion, and not more."""
    for box in sorted(judged.snapshot.sandboxes.known, key=lambda box: box.ref):
        agent = judged.judge.installation.on(box.node).cni.pod
        if agent is None or not judged.within(box.namespace) or not _missed(box, agent):
            continue
        command = kubectl("ambient explain pod", name(box.name), *inside(box.namespace), "--ztunnel")
        yield Hit(
            object=box.ref,
            message=(
                f"its network was made anew, and istio-cni on {box.node} was Ready only after that: the rules that "
                "redirect its traffic may be gone, and plain text goes past all policies then (a suspicion)"
            ),
            severity="warning",
            evidence=(
                Evidence(box.ref, "status.conditions[PodReadyToStartContainers]", f"{box.made:%Y-%m-%dT%H:%M:%SZ}"),
                Evidence(agent.ref, "status.conditions[Ready]", f"{agent.ready_since:%Y-%m-%dT%H:%M:%SZ}"),
            ),
            fix=offered(command),
        )


def _missed(box: Sandbox, agent: Pod) -> bool:
    """Whether the same istio-cni was there before, and Ready only after the pod had its new network."""
    if not agent.ready or agent.ready_since is None or agent.started is None:
        return False
    anew = box.made - box.started > _A_START and agent.started < box.made
    return anew and box.made < agent.ready_since <= box.made + _A_RESTART


CHECK = Check(
    id="captured-after-restart",
    section="workloads",
    title="no pod got a new network before istio-cni was Ready again",
    reads=("sandboxes", "cni_pods"),
    asks=(_suspected,),
)
