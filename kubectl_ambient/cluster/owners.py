"""Which controller a pod really belongs to: the Deployment behind its ReplicaSet, else what it names itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from kubectl_ambient.cluster.facts import Owner, Pod, Unread, Workload

TEMPLATE_HASH = "pod-template-hash"


def owner_of(pod: Pod, workloads: Mapping[str, Workload]) -> Owner | None:
    """The controller whose template makes the pod's successors; None for a pod without one.

    `workloads` are keyed `ReplicaSet/shop/web-5d9`. A ReplicaSet that was not read is taken for a Deployment's by
    the name that the deployment controller gives it, `<deployment>-<pod-template-hash>`. A Job stays a Job.
    """
    owner = pod.owner
    if owner is None or owner.kind != "ReplicaSet":
        return owner
    read = workloads.get(f"ReplicaSet/{pod.namespace}/{owner.name}")
    if read is not None:
        return read.owner or owner
    pod_hash = pod.labels.get(TEMPLATE_HASH)
    if pod_hash and owner.name.endswith(f"-{pod_hash}") and len(owner.name) > len(pod_hash) + 1:
        return Owner(kind="Deployment", name=owner.name[: -len(pod_hash) - 1])
    return owner


def owners_of(pods: Iterable[Pod], workloads: Mapping[str, Workload]) -> Iterator[tuple[str, Owner]]:
    """The owners of these pods, each with its namespace, in the order of the pods; once for many pods."""
    seen: set[tuple[str, Owner | None, str | None]] = set()
    for pod in pods:
        told = (pod.namespace, pod.owner, pod.labels.get(TEMPLATE_HASH))  # what `owner_of` looks at
        if told in seen:
            continue
        seen.add(told)
        owner = owner_of(pod, workloads)
        if owner is not None:
            yield pod.namespace, owner


def unread_owners(
    pods: Iterable[Pod], workloads: Mapping[str, Workload], why: Callable[[str], str]
) -> dict[str, Unread]:
    """The owners of these pods that are not among the workloads, by `Deployment/shop/web`; `why` is asked with that."""
    missing: dict[str, Unread] = {}
    for namespace, owner in owners_of(pods, workloads):
        ref = f"{owner.kind}/{namespace}/{owner.name}"
        if ref not in workloads and ref not in missing:
            missing[ref] = Unread(what=f"get {owner.kind.lower()} {owner.name}", why=why(ref))
    return missing
