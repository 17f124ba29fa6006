"""When a new pod template reaches the pods of a workload."""

from __future__ import annotations

from typing import Literal

from kubectl_ambient.cluster.facts import Pod, Workload
from kubectl_ambient.mesh.rollout import is_below_partition, is_paused

When = Literal["now", "restart", "later", "resumed", "held"]


def when(workload: Workload, pod: Pod) -> When:
    """`restart`: its controller replaces the pod at once. `later`: when it is replaced for another reason.

    `resumed`: a paused Deployment gives even new pods the old template.
    `held`: even a new pod gets the old template, until the partition is lowered.
    """
    if is_below_partition(workload, pod):
        return "held"
    if is_paused(workload):
        return "resumed"
    return "later" if why_later(workload) else "restart"


def restarts(workload: Workload) -> bool:
    """Whether a new template restarts pods."""
    return workload.desired != 0 and not why_later(workload)


def why_later(workload: Workload) -> str:
    """What the pods wait for; empty where they are restarted at once."""
    match workload.kind:
        case "Deployment" if workload.paused:
            return "its rollout is paused: its pods restart when it is resumed"
        case "StatefulSet" | "DaemonSet" if workload.update_strategy == "OnDelete":
            return "its update strategy is OnDelete: each pod keeps what it has until it is deleted"
        case "StatefulSet" if workload.desired and held_back(workload) == workload.desired:
            return f"{partition_of(workload)}: its pods keep what they have, even when deleted, until it is lowered"
        case "ReplicaSet" | "ReplicationController":
            return f"a {workload.kind} does not restart its pods: each keeps what it has until it is replaced"
        case "CronJob":
            return "it holds from its next run on"
        case "Job":
            return "it holds when the Job is resumed"
    return ""


def held_back(workload: Workload) -> int:
    """How many of the pods that a StatefulSet wants lie below its partition: those stay at the old template.

    Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#partitions
    """
    return min(max(0, workload.partition - workload.first_ordinal), workload.desired or 0)


def partition_of(workload: Workload) -> str:
    """The field that holds pods back, and its value."""
    return f"its updateStrategy.rollingUpdate.partition is {workload.partition}"
