"""Pods that files do not hold: manifests hold what makes them. One stands for all that a workload is going to make."""

from __future__ import annotations

from msgspec import structs

from kubectl_ambient.cluster.facts import Owner, Pod, Workload
from kubectl_ambient.cluster.kinds.pods import is_agent
from kubectl_ambient.cluster.owners import owner_of
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.judge import Judge

_KINDS = ("Deployment", "StatefulSet", "DaemonSet")


def with_stand_ins(snapshot: Snapshot) -> tuple[Snapshot, list[str]]:
    """The snapshot with a pod `cart-*` for each workload without one, and a sentence that says so.

    They are in ambient mode where what is made of the template now would be.
    """
    owners = {(pod.namespace, owner) for pod in snapshot.pods if (owner := owner_of(pod, snapshot.workloads.facts))}
    wanted = [
        workload
        for key in sorted(snapshot.workloads.facts)
        if (workload := snapshot.workloads.facts[key]).kind in _KINDS
        and workload.desired != 0
        and not (is_agent(workload.template.labels) or is_agent(workload.labels))
        and (workload.namespace, Owner(kind=workload.kind, name=workload.name)) not in owners
    ]
    if not wanted:
        return snapshot, []
    pods, seen = dict(snapshot.pods.facts), dict(snapshot.on_network.facts)
    for workload in wanted:
        pod = _stand_in(workload)
        key = f"{pod.namespace}/{pod.name}"
        pods[key] = pod
        made = snapshot.templates.fact(workload.ref)
        if made is not None:
            seen[key] = structs.replace(made, name=pod.name)
    snapshot = structs.replace(
        snapshot,
        pods=structs.replace(snapshot.pods, facts=pods),
        on_network=structs.replace(snapshot.on_network, facts=seen),
    )
    judge = Judge(snapshot)
    for key in (f"{workload.namespace}/{workload.name}-*" for workload in wanted):
        if judge.after_restart(pods[key]) == "ambient":
            annotations = structs.replace(pods[key].annotations, redirection="enabled")
            pods[key] = structs.replace(pods[key], annotations=annotations)
    names = few([f"{workload.namespace}/{workload.name}" for workload in wanted])
    return snapshot, [f"the files hold no pod of {names}: one made from the template stands for those to come"]


def _stand_in(workload: Workload) -> Pod:
    template = workload.template
    return Pod(
        namespace=workload.namespace,
        name=f"{workload.name}-*",
        labels=template.labels,
        annotations=template.annotations,
        owner=Owner(kind=workload.kind, name=workload.name),
        host_network=template.host_network,
        has_ip=True,
    )
