"""What `explain` reads: the pods that were named, or those of the namespaces and workloads that were."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from kubectl_ambient.cli.source import from_files
from kubectl_ambient.cluster.facts import Namespace, Pod, Workload
from kubectl_ambient.cluster.scope import Scope, select
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.options import ConnectionOptions
from kubectl_ambient.kube.resources import Target, find_resource, parse_targets
from kubectl_ambient.mesh.subjects import Subject, belongs, namespace_subject, workload_subject
from kubectl_ambient.mesh.verdict import Judge, Judgement

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "ReplicationController")


@dataclass(frozen=True, kw_only=True)
class ExplainRequest:
    """What `explain` was asked for, checked as far as can be without reading anything."""

    connection: ConnectionOptions
    targets: tuple[Target, ...]
    label_selector: str
    field_selector: str
    filenames: tuple[str, ...]
    recursive: bool
    chunk_size: int

    @classmethod
    def of(
        cls,
        connection: ConnectionOptions,
        words: Sequence[str],
        *,
        label_selector: str,
        field_selector: str,
        filenames: Sequence[str],
        recursive: bool,
        chunk_size: int,
    ) -> ExplainRequest:
        """Check what was typed; a single word that is no type is a pod. Raises UsageError in kubectl's words."""
        targets = parse_targets(["pod", *words] if _is_a_pod(words) else words)
        select((), Scope(label_selector=label_selector, field_selector=field_selector))
        for target in targets:
            kind = target.resource.kind
            if kind not in ("Pod", "Namespace", *WORKLOADS):
                raise UsageError(
                    f"error: {target.resource.full_name} hold no pods: explain takes pods, namespaces and workloads"
                )
            if target.name is None and not (label_selector or field_selector):
                raise UsageError("error: resource(s) were provided, but no name was specified")
        if any(t.name is not None for t in targets) and (label_selector or field_selector):
            raise UsageError("error: name cannot be provided when a selector is specified")
        return cls(
            connection=connection,
            targets=tuple(targets),
            label_selector=label_selector,
            field_selector=field_selector,
            filenames=tuple(filenames),
            recursive=recursive,
            chunk_size=chunk_size,
        )


def _is_a_pod(words: Sequence[str]) -> bool:
    if len(words) != 1 or "/" in words[0] or "," in words[0]:
        return False
    try:
        find_resource(words[0])
    except UsageError:
        return True
    return False


@dataclass(kw_only=True)
class Explained:
    """The judged pods, the namespaces and workloads that were named, and what was wrong on the way."""

    judge: Judge
    judgements: list[Judgement] = field(default_factory=list)
    subjects: list[Subject] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    several: bool = False

    def tell_problems(self) -> int:
        """Print what was wrong to stderr; the exit code that follows from it."""
        for problem in self.problems:
            print(problem, file=sys.stderr)
        return 1 if self.problems else 0


def read_explained(request: ExplainRequest) -> Explained:
    """Read, judge and sum up. Raises KubeError where there can be no answer at all."""
    if request.filenames:
        snapshot, problems = from_files(
            request.filenames, recursive=request.recursive, namespace=request.connection.namespace
        )
        namespace = request.connection.namespace or _only_namespace(snapshot)
        return explain_snapshot(snapshot, request, namespace, problems)
    raise NotImplementedError


def _only_namespace(snapshot: Snapshot) -> str:
    """Files have no context: without -n, a name is looked for in all their namespaces."""
    return ""


def explain_snapshot(snapshot: Snapshot, request: ExplainRequest, namespace: str, problems: list[str]) -> Explained:
    """Find the targets in a snapshot and judge them; what is not there becomes a problem in kubectl's words."""
    judge = Judge(snapshot)
    found = Explained(judge=judge, problems=problems, several=len(request.targets) > 1)
    for target in request.targets:
        kind = target.resource.kind
        if kind == "Pod":
            found.judgements += _pods(judge, request, target, namespace, found)
        elif kind == "Namespace":
            _namespaces(judge, request, target, found)
        else:
            _workloads(judge, request, target, namespace, found)
    return found


def _scope(request: ExplainRequest, namespace: str, name: str | None) -> Scope:
    return Scope(
        namespace=namespace,
        names=(name,) if name else (),
        label_selector=request.label_selector,
        field_selector=request.field_selector,
    )


def _pods(judge: Judge, request: ExplainRequest, target: Target, namespace: str, found: Explained) -> list[Judgement]:
    pods = select(judge.snapshot.pods, _scope(request, namespace, target.name))
    if not pods:
        elsewhere = [p for p in judge.snapshot.pods if p.name == target.name]
        found.problems.append(not_found("pods", target.name or "", elsewhere, namespace))
    found.several = found.several or len(pods) > 1
    return [judge.explain(pod) for pod in pods]


def not_found(plural: str, name: str, elsewhere: Sequence[Pod], namespace: str) -> str:
    """kubectl's sentence, and where there is a pod of that name instead."""
    if not name:
        return f"No resources found in {namespace} namespace." if namespace else "No resources found"
    text = f'Error from server (NotFound): {plural} "{name}" not found'
    if namespace:
        text += f" in namespace {namespace}"
    for pod in elsewhere:
        text += f"\nIt is in namespace {pod.namespace}: kubectl ambient explain pod {name} -n {pod.namespace}"
    return text


def _namespaces(judge: Judge, request: ExplainRequest, target: Target, found: Explained) -> None:
    known = {n: ns for n, ns in judge.snapshot.namespaces.items() if isinstance(ns, Namespace)}
    names = [target.name] if target.name else [n for n, ns in known.items() if _selected(ns.labels, request)]
    for name in names:
        pods = [p for p in judge.snapshot.pods if p.namespace == name]
        if name not in known and not pods and name not in judge.snapshot.namespaces:
            found.problems.append(not_found("namespaces", name, (), ""))
            continue
        judgements = [judge.explain(pod) for pod in pods]
        found.judgements += judgements
        found.subjects.append(namespace_subject(judge, name, judgements))


def _workloads(judge: Judge, request: ExplainRequest, target: Target, namespace: str, found: Explained) -> None:
    kind = target.resource.kind
    workloads = [
        w
        for w in judge.snapshot.workloads.values()
        if w.kind == kind
        and namespace in ("", w.namespace)
        and target.name in (None, w.name)
        and _selected(w.labels, request)
    ]
    if not workloads:
        found.problems.append(not_found(target.resource.full_name, target.name or "", (), namespace))
    for workload in workloads:
        judgements = [judge.explain(p) for p in _made_by(workload, judge.snapshot)]
        found.judgements += judgements
        found.subjects.append(workload_subject(judge, workload, judgements))


def _made_by(workload: Workload, snapshot: Snapshot) -> list[Pod]:
    return [pod for pod in snapshot.pods if belongs(pod, workload, snapshot.workloads)]


def _selected(labels: dict[str, str], request: ExplainRequest) -> bool:
    from kubectl_ambient.kube.selectors import parse_label_selector

    return parse_label_selector(request.label_selector).matches(labels)
