"""Which workloads are read, and by what; what could not be read is remembered with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from kubectl_ambient.cluster.facts import LabelSelector, Owner, Pod, Workload
from kubectl_ambient.cluster.kinds.pods import PODS
from kubectl_ambient.cluster.kinds.workloads import CNI_DAEMONSETS, ISTIODS, WORKLOADS, ZTUNNEL_DAEMONSETS
from kubectl_ambient.cluster.needs.ask import Ask
from kubectl_ambient.cluster.owners import owner_of, owners_of, unread_owners
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube import selectors

_LISTED = ("Deployment", "StatefulSet", "DaemonSet", "Job")
_BARE = ("ReplicaSet", "ReplicationController")  # listed only where one of them owns pods by itself
_ISTIOS = {
    "DaemonSet": (CNI_DAEMONSETS, ZTUNNEL_DAEMONSETS),
    "Deployment": (ISTIODS,),
}  # in all namespaces, they are among the others
_OF_A_JOB = "job-name"
_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}


def of_scope(namespaces: tuple[str, ...], selected: tuple[str, ...] = ()) -> list[Ask]:
    """Those whose templates most pods have, wherever the scope is, and the kinds that were asked for."""
    kinds = dict.fromkeys((*_LISTED, *(kind for kind in selected if kind in WORKLOADS)))
    return [_all(kind, place, asked=kind in selected) for kind in kinds for place in namespaces or ("",)]


def named_workloads(namespace: str, owners: tuple[Owner, ...]) -> list[Ask]:
    """These workloads; the Jobs too, where a CronJob is among them."""
    asks = [Ask(kind=WORKLOADS[o.kind], namespace=namespace, name=o.name, named=True) for o in owners]
    return [*asks, _all("Job", namespace)] if any(o.kind == "CronJob" for o in owners) else asks


def pods_of_named(namespace: str, owners: tuple[Owner, ...], snapshot: Snapshot) -> list[Ask]:
    """The pods of the named workloads that were found, and what owns these in turn."""
    found = [w for o in owners if (w := snapshot.workload(o.kind, namespace, o.name)) is not None]
    above = {w.owner for w in found if w.owner} - {Owner(kind=w.kind, name=w.name) for w in found}
    return [_pods_of(w, snapshot) for w in found] + controllers(namespace, above)


def controllers(namespace: str, owners: set[Owner]) -> list[Ask]:
    """These owners, as far as their kinds are known."""
    wanted = sorted(owners, key=str)
    return [Ask(kind=WORKLOADS[o.kind], namespace=namespace, name=o.name) for o in wanted if o.kind in WORKLOADS]


def bare_owners(snapshot: Snapshot, *, everywhere: bool) -> list[Ask]:
    """The kinds that seldom own pods by themselves, where pods of the snapshot have such an owner."""
    owners = owners_of(snapshot.pods, snapshot.workloads.facts)
    wanted = {(namespace, owner) for namespace, owner in owners if owner.kind in _BARE}
    refs = frozenset(f"{owner.kind}/{namespace}/{owner.name}" for namespace, owner in wanted)
    places = {(owner.kind, "" if everywhere else namespace) for namespace, owner in wanted}
    return [
        Ask(kind=WORKLOADS[kind], namespace=place, keep=lambda workload: workload.ref in refs)
        for kind, place in sorted(places)
    ]


def tell_unread(snapshot: Snapshot, otherwise: str = "") -> None:
    """Name in the snapshot the owners of its pods that are not among its workloads, and why (or `otherwise`)."""
    workloads = snapshot.workloads
    unread = unread_owners(snapshot.pods, workloads.facts, lambda ref: otherwise or _why_unread(ref, snapshot))
    workloads.unread |= unread


def _why_unread(ref: str, snapshot: Snapshot) -> str:
    unread = snapshot.workloads.why_unread(ref)
    if unread is not None:
        return unread.why
    if snapshot.workloads.covers(ref):
        return "not found"
    return "not read" if ref.partition("/")[0] in WORKLOADS else "a kind that is not read"


def _all(kind: str, namespace: str, *, asked: bool = False) -> Ask:
    """All of a kind, in a namespace or (empty) in all. A kind that was asked for has no answer where it is refused."""
    also = () if namespace else _ISTIOS.get(kind, ())
    return Ask(kind=WORKLOADS[kind], namespace=namespace, also=also, must=asked)


def _pods_of(workload: Workload, snapshot: Snapshot) -> Ask:
    by_selector = selector_text(workload.selector or LabelSelector())
    return Ask(
        kind=PODS,
        namespace=workload.namespace,
        label_selector=_OF_A_JOB if workload.kind == "CronJob" else by_selector,
        keep=partial(_belongs, workload, snapshot),
        what=f"list pods of {workload.kind.lower()} {workload.name}",
        must=True,
    )


def _belongs(workload: Workload, snapshot: Snapshot, pod: Pod) -> bool:
    """Whether it is one of the workload's pods: another's may have the labels of its selector."""
    itself = Owner(kind=workload.kind, name=workload.name)
    if workload.kind == "CronJob" and pod.owner and pod.owner.kind == "Job":
        job = snapshot.workload("Job", pod.namespace, pod.owner.name)
        return job is not None and job.owner == itself
    return itself in (pod.owner, owner_of(pod, snapshot.workloads.facts))


def selector_text(selector: LabelSelector) -> str:
    """The selector of a workload as `-l` takes it; empty for one that matches everything."""
    labels = (selectors.Requirement(key, "=", (value,)) for key, value in selector.match_labels.items())
    expressions: Iterable[selectors.Requirement] = (
        selectors.Requirement(r.key, _OPERATORS[r.operator], r.values) for r in selector.match_expressions
    )
    return str(selectors.LabelSelector((*labels, *expressions)))
