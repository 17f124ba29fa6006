"""Whether the next pod gets the template as it stands now: of a workload that is held back it gets the one before."""

from __future__ import annotations

import re

from kubectl_ambient.cluster.facts import Pod, Workload

_ORDINAL = re.compile(r"[0-9]{1,19}")


def is_paused(workload: Workload) -> bool:
    """Whether it is a Deployment whose rollout is paused.

    Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pausing-and-resuming-a-deployment
    """
    return workload.kind == "Deployment" and workload.paused


def is_below_partition(workload: Workload, pod: Pod) -> bool:
    """Whether the partition of its StatefulSet holds this pod back.

    Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#partitions
    """
    if workload.update_strategy == "OnDelete":
        return False
    ordinal = pod.name.rpartition("-")[2]
    return bool(_ORDINAL.fullmatch(ordinal)) and int(ordinal) < workload.partition


def held_until(workload: Workload, pod: Pod) -> str:
    """What has to happen before a new pod gets the new template; empty where nothing has to."""
    if is_paused(workload):
        return "the rollout is resumed"
    return "the partition is lowered" if is_below_partition(workload, pod) else ""
