"""The verdict on a pod: what should be, what is, and whether the two agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from kubectl_ambient.cluster.facts import Pod, Unread, Workload
from kubectl_ambient.mesh.catalogue import Expected, Reason
from kubectl_ambient.mesh.enrolment.deciding import Decision
from kubectl_ambient.mesh.evidence import Finding
from kubectl_ambient.mesh.injection import Injection
from kubectl_ambient.mesh.installation.agents import NodeAgents
from kubectl_ambient.mesh.next_pod import AfterRestart, NextPod
from kubectl_ambient.mesh.rollout import held_until
from kubectl_ambient.mesh.state import Mode, Observed, State
from kubectl_ambient.mesh.stuck import Stuck

if TYPE_CHECKING:
    from kubectl_ambient.mesh.waypoint.binding import Binding
    from kubectl_ambient.mesh.ztunnel.case import Proof


class Verdict(Struct, frozen=True, kw_only=True, gc=False):
    """One pod's row. `owner` is `Kind/name` of the workload, or None; `message` is one sentence.

    `waypoint` is `namespace/name` of the one that gets what is sent straight to the pod, or None: it has none, or,
    unless `waypoint_known`, that cannot be told. `unserved`: it is in ambient mode, and nothing works that goes through
    the mesh. `proof` is what the node's ztunnel says, where it was asked and has to do with the pod.
    """

    namespace: str
    name: str
    mode: Mode
    expected: Expected
    observed: Observed
    state: State
    reason: Reason
    message: str
    node: str
    owner: str | None
    after_restart: AfterRestart
    waypoint: str | None = None
    waypoint_known: bool = True
    unserved: bool = False
    findings: tuple[Finding, ...] = ()
    proof: Proof | None = None

    @property
    def disagrees(self) -> bool:
        """Should be one thing and is the other."""
        return self.state in ("NotEnrolled", "Stale")


class Judgement(Struct, frozen=True, kw_only=True, gc=False):
    """A verdict with all that it stands on, for `explain`.

    waypoint: the pod's own, and services those that select the pod, each with its waypoint, where they are told.
    """

    verdict: Verdict
    pod: Pod
    decision: Decision
    next_pod: NextPod
    agents: NodeAgents
    workload: Workload | None
    stuck: Stuck | None = None
    waypoint: Binding | None = None
    services: tuple[Binding, ...] | Unread = ()

    @property
    def injection(self) -> Injection:
        """Whether the next pod gets a sidecar."""
        return self.next_pod.injection

    @property
    def held_until(self) -> str:
        """What has to happen before the next pod is what its template says; empty where nothing has to."""
        return held_until(self.workload, self.pod) if self.workload else ""
