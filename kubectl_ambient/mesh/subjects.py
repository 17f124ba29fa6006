"""What `explain` says of a namespace or a workload: the sum of its pods, none included, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Namespace, Pod, Unread, Workload
from kubectl_ambient.cluster.owners import owner_of
from kubectl_ambient.mesh.evidence import Evidence, Finding, Fix, label, unread_labels
from kubectl_ambient.mesh.in_vain import in_vain, may_be_in_vain
from kubectl_ambient.mesh.injection import INJECTION, REVISION
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.next_pod import NextPod
from kubectl_ambient.mesh.rollout import is_paused
from kubectl_ambient.mesh.summary import count
from kubectl_ambient.mesh.verdict import Judgement
from kubectl_ambient.shell.command import Command


class Subject(Struct, frozen=True, kw_only=True):
    """A namespace or a workload with its judged pods. `ref` as `Deployment/shop/web`, `title` as a person says it.

    paused: a Deployment whose rollout waits, so that even new pods come from the template before. findings: what
    awaits its next pod, where it has none that they are told of.
    """

    ref: str
    title: str
    judgements: tuple[Judgement, ...]
    next_pod: NextPod
    evidence: tuple[Evidence, ...]
    why_no_pods: str
    paused: bool = False
    findings: tuple[Finding, ...] = ()
    not_all_pods: bool = False

    @property
    def summary(self) -> dict[str, int]:
        """How many pods are in each state."""
        return count(j.verdict for j in self.judgements)

    @property
    def unserved(self) -> int:
        """How many pods are in ambient mode, and nothing can come of it."""
        return self.summary["unserved"]


def _in_order(judgements: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """As their owners are listed, so that what is told of them, and what to do, comes in that order."""

    def row(judgement: Judgement) -> tuple[str, str, str, str]:
        verdict = judgement.verdict
        return verdict.owner or f"Pod/{verdict.name}", verdict.state, verdict.reason, verdict.name

    return tuple(sorted(judgements, key=row))


def namespace_subject(judge: Judge, name: str, judgements: Sequence[Judgement]) -> Subject:
    """A namespace: its labels are the evidence."""
    namespace = judge.snapshot.namespaces.get(name)
    ref = f"Namespace/{name}"
    evidence: tuple[Evidence, ...]
    if isinstance(namespace, Namespace):
        shown = [k for k in (DATAPLANE_MODE, INJECTION, REVISION) if k in namespace.labels] or [DATAPLANE_MODE]
        evidence = tuple(label(ref, key, namespace.labels.get(key)) for key in shown)
    else:
        evidence = (unread_labels(ref, namespace),)
    return Subject(
        ref=ref,
        title=f"Namespace {name}",
        judgements=_in_order(judgements),
        next_pod=judge.next_in(name),
        evidence=evidence,
        why_no_pods="",
        findings=(
            *_awaiting(judge, name, judge.next_in(name), judgements),
            *(found.finding for found in in_vain(judge, may_be_in_vain(j.verdict for j in judgements))),
        ),
        not_all_pods=_not_all_pods(judge, name),
    )


def workload_subject(judge: Judge, workload: Workload, judgements: Sequence[Judgement]) -> Subject:
    """A workload: the label of its template is the evidence."""
    mode = workload.template.labels.get(DATAPLANE_MODE)
    namespace = judge.snapshot.namespaces.get(workload.namespace)
    evidence = [Evidence(workload.ref, f"{workload.template_path}.metadata.labels[{DATAPLANE_MODE}]", mode)]
    if DATAPLANE_MODE in workload.labels:
        evidence.append(label(workload.ref, DATAPLANE_MODE, workload.labels[DATAPLANE_MODE]))
    if isinstance(namespace, Namespace):
        value = namespace.labels.get(DATAPLANE_MODE)
        evidence.append(label(f"Namespace/{workload.namespace}", DATAPLANE_MODE, value))
    elif isinstance(namespace, Unread):
        evidence.append(unread_labels(f"Namespace/{workload.namespace}", namespace))
    return Subject(
        ref=workload.ref,
        title=f"{workload.kind} {workload.namespace}/{workload.name}",
        judgements=_in_order(judgements),
        next_pod=judge.next_of(workload),
        evidence=tuple(evidence),
        why_no_pods=_why_no_pods(workload),
        paused=is_paused(workload),
        findings=_awaiting(judge, workload.namespace, judge.next_of(workload), judgements),
        not_all_pods=_not_all_pods(judge, workload.namespace),
    )


def _awaiting(judge: Judge, namespace: str, next_pod: NextPod, judgements: Sequence[Judgement]) -> tuple[Finding, ...]:
    """What keeps the next pod from being served, where no pod tells of it."""
    if next_pod.decision.expected != "in" or any(j.verdict.expected == "in" for j in judgements):
        return ()
    return tuple(judge.awaiting(namespace))


def _not_all_pods(judge: Judge, namespace: str) -> bool:
    return judge.snapshot.from_files and not judge.snapshot.pods.covers(namespace)


def _why_no_pods(workload: Workload) -> str:
    """By what decides how many there are: `spec.replicas`, the nodes of a DaemonSet, the end of a Job."""
    if workload.desired != 0:
        return "it has made none, or they are gone"
    of_kind = {"DaemonSet": "no node is to have one", "Job": "it is over, or suspended"}
    return of_kind.get(workload.kind, "it asks for 0 replicas")


def fixes_of(subject: Subject, by_pod: Sequence[tuple[Fix, ...]]) -> tuple[Fix, ...]:
    """The commands of all its pods, each once, other ways after the first of each pod; with no pods, none."""
    seen: dict[Command, Fix] = {}
    for other in (False, True):
        for fixes in by_pod:
            begins = next((number for number, fix in enumerate(fixes) if fix.alternative), len(fixes))
            for fix in fixes[begins:] if other else fixes[:begins]:
                seen.setdefault(fix.command, fix)
    return tuple(seen.values())


def belongs(pod: Pod, workload: Workload, workloads: Mapping[str, Workload]) -> bool:
    """Whether a workload makes this pod: itself, through a ReplicaSet, or (a CronJob) through a Job."""
    if pod.namespace != workload.namespace or pod.owner is None:
        return False
    mine = (workload.kind, workload.name)
    if (pod.owner.kind, pod.owner.name) == mine:
        return True
    owner = owner_of(pod, workloads)
    if owner is not None and (owner.kind, owner.name) == mine:
        return True
    job = workloads.get(f"Job/{pod.namespace}/{pod.owner.name}") if pod.owner.kind == "Job" else None
    return job is not None and job.owner is not None and (job.owner.kind, job.owner.name) == mine
