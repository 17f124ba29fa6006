"""Which workloads are read, and by what; what could not be read is remembered with its reason."""

from __future__ import annotations

from functools import partial

from kubectl_ambient.cluster.api import Api, Workloads, selector_text
from kubectl_ambient.cluster.facts import LabelSelector, Owner, Pod, Unread, Workload
from kubectl_ambient.cluster.owners import owner_of, unread_owners
from kubectl_ambient.cluster.reads import Read
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.errors import KubeError

LISTED = ("Deployment", "StatefulSet", "DaemonSet", "Job")
_BARE = ("ReplicaSet", "ReplicationController")  # listed only where one of them owns pods by itself
_READABLE = (*LISTED, *_BARE, "CronJob")
_OF_A_JOB = "job-name"


class WorkloadReads:
    """Reads of workloads into one snapshot. In all namespaces, Istio's own come with them."""

    def __init__(self, api: Api, snapshot: Snapshot, namespaces: tuple[str, ...]) -> None:
        self._api = api
        self._snapshot = snapshot
        self._namespaces = namespaces
        self._listed: set[str] = set()
        self._why: dict[str, str] = {}

    def of_scope(self, selected: tuple[str, ...] = ()) -> list[Read]:
        """Those whose templates most pods have, wherever the scope is, and the kinds that were asked for."""
        kinds = dict.fromkeys((*LISTED, *(kind for kind in selected if kind in _READABLE)))
        return [self._all(kind, place, asked=kind in selected) for kind in kinds for place in self._namespaces or ("",)]

    def named(self, namespace: str, owners: tuple[Owner, ...]) -> list[Read]:
        """These workloads; the Jobs too, where a CronJob is among them."""
        reads = [self._one(owner.kind, namespace, owner.name, named=True) for owner in owners]
        if any(owner.kind == "CronJob" for owner in owners):
            reads.append(self._all("Job", namespace))
        return reads

    def pods_of_named(self, namespace: str, owners: tuple[Owner, ...]) -> list[Read]:
        """The pods of the named workloads that were found, and what owns these in turn."""
        workloads = self._snapshot.workloads
        found = [workloads[ref] for owner in owners if (ref := _ref(owner, namespace)) in workloads]
        above = {w.owner for w in found if w.owner} - {Owner(kind=w.kind, name=w.name) for w in found}
        return [self._pods_of(w) for w in found] + self.owners(namespace, above)

    def owners(self, namespace: str, owners: set[Owner]) -> list[Read]:
        """These controllers, as far as their kinds are known."""
        wanted = sorted(owners, key=str)
        return [self._one(owner.kind, namespace, owner.name) for owner in wanted if owner.kind in _READABLE]

    def bare_owners(self) -> list[Read]:
        """The kinds that seldom own pods by themselves, where pods of the snapshot have such an owner."""
        owners = [(pod.namespace, owner_of(pod, self._snapshot.workloads)) for pod in self._snapshot.pods]
        wanted = {(namespace, owner) for namespace, owner in owners if owner and owner.kind in _BARE}
        refs = frozenset(_ref(owner, namespace) for namespace, owner in wanted)
        places = {(owner.kind, namespace if self._namespaces else "") for namespace, owner in wanted}
        return [self._all(kind, place, only=refs) for kind, place in sorted(places)]

    def tell_unread(self) -> None:
        """Name in the snapshot the owners of its pods that could not be read, and why."""
        snapshot = self._snapshot
        snapshot.unread_workloads |= unread_owners(snapshot.pods, snapshot.workloads, self._why_unread)

    def _why_unread(self, owner: Owner, namespace: str) -> str:
        if why := self._why.get(_ref(owner, namespace)) or self._why.get(owner.kind):
            return why
        if owner.kind in self._listed:
            return "not found"
        return "not read" if owner.kind in _READABLE else "a kind that is not read"

    def _one(self, kind: str, namespace: str, name: str, *, named: bool = False) -> Read:
        snapshot, ref = self._snapshot, f"{kind}/{namespace}/{name}"

        def refused(unread: Unread, error: KubeError) -> None:
            self._why[ref] = unread.why
            if named:
                snapshot.missing[ref] = str(error)

        call = partial(self._api.workload, kind, namespace, name)
        return Read(f"get {kind.lower()} {name}", call, partial(snapshot.workloads.__setitem__, ref), refused)

    def _all(self, kind: str, namespace: str, *, only: frozenset[str] = frozenset(), asked: bool = False) -> Read:
        """All of a kind, in a namespace or (empty) in all; where `only` has refs, just those are kept.

        A kind that was asked for has no answer where it is refused.
        """
        snapshot = self._snapshot

        def take(workloads: Workloads) -> None:
            self._listed.add(kind)
            snapshot.workloads |= {w.ref: w for w in workloads.found if not only or w.ref in only}
            if not namespace and kind == "DaemonSet":
                snapshot.cni_daemonsets = workloads.cni
            elif not namespace and kind == "Deployment":
                snapshot.istiods = workloads.istiods

        def refused(unread: Unread, _: KubeError) -> None:
            self._why[kind] = unread.why
            if not namespace and kind == "DaemonSet":
                snapshot.cni_daemonsets = unread
            elif not namespace and kind == "Deployment":
                snapshot.istiods = unread

        call = partial(self._api.workloads, kind, namespace)
        return Read(f"list {kind.lower()}s", call, take, None if asked else refused)

    def _pods_of(self, workload: Workload) -> Read:
        snapshot = self._snapshot

        def take(pods: list[Pod]) -> None:
            known = {pod.name for pod in snapshot.pods}
            snapshot.pods += [pod for pod in pods if pod.name not in known and self._belongs(pod, workload)]

        by_selector = selector_text(workload.selector or LabelSelector())
        labels = _OF_A_JOB if workload.kind == "CronJob" else by_selector
        call = partial(self._api.pods, workload.namespace, label_selector=labels)
        return Read(f"list pods of {workload.kind.lower()} {workload.name}", call, take)

    def _belongs(self, pod: Pod, workload: Workload) -> bool:
        """Whether it is one of the workload's pods: another's may have the labels of its selector."""
        itself = Owner(kind=workload.kind, name=workload.name)
        if workload.kind == "CronJob" and pod.owner and pod.owner.kind == "Job":
            job = self._snapshot.workload("Job", pod.namespace, pod.owner.name)
            return job is not None and job.owner == itself
        return itself in (pod.owner, owner_of(pod, self._snapshot.workloads))


def _ref(owner: Owner, namespace: str) -> str:
    return f"{owner.kind}/{namespace}/{owner.name}"
