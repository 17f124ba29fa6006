"""When a new pod template reaches the pods of a workload."""

from __future__ import annotations

from typing import Literal

from kubectl_ambient.cluster.facts import Workload

When = Literal["now", "restart", "later"]


def when(workload: Workload) -> When:
    """`restart`: its controller replaces the pods at once. `later`: something else has to replace them first."""
    return "later" if why_later(workload) else "restart"


def why_later(workload: Workload) -> str:
    """What the pods wait for; empty where they are restarted at once."""
    match workload.kind:
        case "Deployment" if workload.paused:
            return "its rollout is paused: its pods restart when it is resumed"
        case "StatefulSet" | "DaemonSet" if workload.update_strategy == "OnDelete":
            return "its update strategy is OnDelete: each pod keeps what it has until it is deleted"
        case "ReplicaSet" | "ReplicationController":
            return f"a {workload.kind} does not restart its pods: each keeps what it has until it is replaced"
        case "CronJob":
            return "it holds from its next run on"
        case "Job":
            return "it holds when the Job is resumed"
    return ""
