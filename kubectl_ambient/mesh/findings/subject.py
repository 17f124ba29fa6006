"""What is found out about a pod, for its findings to be raised from."""

from __future__ import annotations

from msgspec import Struct

from kubectl_ambient.cluster.facts import Namespace, Pod, Unread, Workload
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.enrolment.deciding import Decision
from kubectl_ambient.mesh.findings.replicas import Replicas
from kubectl_ambient.mesh.findings.served import Served
from kubectl_ambient.mesh.injection import Injection
from kubectl_ambient.mesh.installation.agents import NodeAgents
from kubectl_ambient.mesh.state import Observed, State
from kubectl_ambient.mesh.stuck import Stuck


class Subject(Struct, frozen=True, kw_only=True, gc=False):
    """A pod and all that was found out about it. `left` is what is still there of an istio-cni that is gone."""

    pod: Pod
    namespace: Namespace | Unread
    agents: NodeAgents
    decision: Decision
    observed: Observed
    state: State
    workload: Workload | None
    injection: Injection
    stuck: Stuck | None
    left: str
    snapshot: Snapshot
    served: Served
    replicas: Replicas

    @property
    def concerned(self) -> bool:
        """It is in, should be in, or may be: the agents of its node matter to it."""
        return self.state not in ("NotAmbient", "Stale") and not self.pod.finished
