"""What can be labelled: a namespace, a pod, or the pod template of a workload; for waypoints, services too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import structs

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Namespace, Pod, Workload
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.kinds.workload_entries import WorkloadEntry
from kubectl_ambient.shell.words import Word, name, named, namespace

Target: TypeAlias = Namespace | Pod | Workload
WaypointTarget: TypeAlias = Namespace | Pod | Service | ServiceEntry | WorkloadEntry
Labelled: TypeAlias = Target | WaypointTarget

# As kubectl prints the kind (`deployment.apps/web`), and as a person types it.
_PRINTED = {
    "Namespace": "namespace",
    "Pod": "pod",
    "Deployment": "deployment.apps",
    "StatefulSet": "statefulset.apps",
    "DaemonSet": "daemonset.apps",
    "ReplicaSet": "replicaset.apps",
    "ReplicationController": "replicationcontroller",
    "Job": "job.batch",
    "CronJob": "cronjob.batch",
    "Service": "service",
    "ServiceEntry": "serviceentry.networking.istio.io",
    "WorkloadEntry": "workloadentry.networking.istio.io",
}
_TYPED = {
    "Namespace": "ns",
    "Pod": "pod",
    "Deployment": "deploy",
    "StatefulSet": "sts",
    "DaemonSet": "ds",
    "ReplicaSet": "rs",
    "ReplicationController": "rc",
    "Job": "job",
    "CronJob": "cronjob",
    "Service": "svc",
    "ServiceEntry": "serviceentry",
    "WorkloadEntry": "workloadentry",
}
WAYPOINT_KINDS = ("Namespace", "Service", "Pod", "ServiceEntry", "WorkloadEntry")
KINDS = tuple(kind for kind in _TYPED if kind in ("Namespace", "Pod") or kind not in WAYPOINT_KINDS)


def kind_of(target: Labelled) -> str:
    """`Namespace`, `Pod`, `Service`, …, or the kind of the workload."""
    return target.kind if isinstance(target, Workload) else type(target).__name__


def namespace_of(target: Labelled) -> str:
    """The namespace that it lies in; empty for a Namespace."""
    return "" if isinstance(target, Namespace) else target.namespace


def key_of(target: Labelled) -> tuple[str, str, str]:
    """Kind, namespace and name: what tells it from all others."""
    return kind_of(target), namespace_of(target), target.name


def printed(target: Labelled) -> str:
    """`namespace/shop`, `deployment.apps/web`: as kubectl prints it."""
    return f"{_PRINTED[kind_of(target)]}/{target.name}"


def typed(kind: str) -> str:
    """`ns`, `deploy`: as a person types the kind; a kind that is not ours in lower case."""
    return _TYPED.get(kind, kind.lower())


def names_of(targets: Sequence[Labelled]) -> tuple[str | Word, ...]:
    """The words that name them in a command: `ns a b`, or `deploy/web sts/db` where there are several kinds."""
    kinds = list(dict.fromkeys(map(kind_of, targets)))
    if len(kinds) > 1:
        return tuple(named(typed(kind_of(target)), target.name) for target in targets)
    word = namespace if kinds == ["Namespace"] else name
    return (typed(kinds[0]), *(word(target.name) for target in targets))


def labels_of(target: Target) -> dict[str, str]:
    """The labels that count: those of the pod template where it has one."""
    return target.template.labels if isinstance(target, Workload) else target.labels


def value_of(target: Target) -> str | None:
    """The value of istio.io/dataplane-mode, or None where the label is not set."""
    return labels_of(target).get(DATAPLANE_MODE)


def with_value(target: Target, value: str | None) -> Target:
    """The same with another value of the label; None takes it off."""
    labels = {key: text for key, text in labels_of(target).items() if key != DATAPLANE_MODE}
    if value is not None:
        labels[DATAPLANE_MODE] = value
    if isinstance(target, Workload):
        return structs.replace(target, template=structs.replace(target.template, labels=labels))
    return structs.replace(target, labels=labels)
