"""Where the labels come from: a cluster, or the files of `-f`; judged."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from kubectl_ambient.cli.labels_request import LabelsRequest
from kubectl_ambient.cli.source import bad_objects, not_in_files, warn
from kubectl_ambient.cluster.facts import NOT_FOUND, Unread
from kubectl_ambient.cluster.labelled import Labelled, LabelSnapshot
from kubectl_ambient.kube.errors import KubeError
from kubectl_ambient.kube.resources import find_resource
from kubectl_ambient.mesh.label_judge import LabelJudge, Report


@dataclass(kw_only=True)
class LabelSource:
    """The reports on what was asked for, and what was wrong on the way. `named`: the objects were named."""

    judge: LabelJudge
    reports: list[Report]
    namespace: str
    named: bool
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def tell_problems(self) -> int:
        """Print what was wrong to stderr; the exit code that follows from it."""
        for told in (*self.remarks, *self.problems):
            print(told, file=sys.stderr)
        return 1 if self.problems else 0

    def name_of(self, labelled: Labelled) -> str:
        """`deployment.apps/web`, as `-o name` prints it."""
        return f"{find_resource(_typed(labelled.kind)).name_for_output}/{labelled.name}"


def read_source(request: LabelsRequest) -> LabelSource:
    """Read and judge. Raises KubeError where there can be no answer at all."""
    return _of_files(request) if request.filenames else _of_cluster(request)


def _typed(kind: str) -> str:
    return kind.lower()


def _of_cluster(request: LabelsRequest) -> LabelSource:
    from kubectl_ambient.cluster.labelled_live import LabelNeeds, of_scope, read_labels
    from kubectl_ambient.kube.api import connect

    client = connect(request.connection, on_warning=warn)
    namespace = "" if request.all_namespaces else client.namespace
    targets = request.targets
    selector, chunk_size = request.label_selector, request.chunk_size
    if not targets:
        needs = of_scope(namespace, label_selector=selector, chunk_size=chunk_size)
    else:
        if not any(target.resource.namespaced for target in targets):
            namespace = ""
        needs = LabelNeeds(
            namespace=namespace,
            named=tuple((t.resource.kind, t.name) for t in targets if t.name is not None),
            kinds=tuple(t.resource.kind for t in targets if t.name is None),
            label_selector=selector,
            chunk_size=chunk_size,
        )
    snapshot = read_labels(client, needs)
    unread = [str(unread) for unread in snapshot.unread]
    problems = [*snapshot.missing, *_unknown_namespace(snapshot, namespace), *bad_objects(client)]
    return _judged(request, snapshot, namespace, problems, unread)


def _unknown_namespace(snapshot: LabelSnapshot, namespace: str) -> list[str]:
    """A namespace that is not there looks like an empty one; a typo in CI must not pass for all is well."""
    found = snapshot.namespaces.get(namespace)
    if isinstance(found, Unread) and found.why == NOT_FOUND and not snapshot.objects and not snapshot.missing:
        return [f'Error from server (NotFound): namespaces "{namespace}" not found']
    return []


def _of_files(request: LabelsRequest) -> LabelSource:
    from kubectl_ambient.cluster.labelled_files import read_label_files

    namespace = request.connection.namespace
    snapshot, found = read_label_files(
        request.filenames,
        recursive=request.recursive,
        namespace=namespace or "default",
        label_selector=request.label_selector,
    )
    problems = [f"error: {problem}" for problem in found]
    if problems and not snapshot.objects:
        raise KubeError("\n".join(problems))
    everything = snapshot.objects
    if request.targets:
        snapshot.objects, missing = _chosen(request, everything, namespace)
        problems += missing
    elif namespace and not request.all_namespaces:
        snapshot.objects = [o for o in everything if namespace in (o.namespace, _own_name(o))]
    return _judged(request, snapshot, namespace, problems, [])


def _chosen(request: LabelsRequest, objects: list[Labelled], namespace: str) -> tuple[list[Labelled], list[str]]:
    """The objects that were named or whose kind was, and a sentence for each name that is not in the files."""
    found: list[Labelled] = []
    missing: list[str] = []
    for target in request.targets:
        resource = target.resource
        there = [
            o
            for o in objects
            if o.kind == resource.kind
            and target.name in (None, o.name)
            and (not resource.namespaced or namespace in ("", o.namespace))
        ]
        if not there and target.name is not None:
            missing.append(not_in_files(resource.full_name, target.name))
        found += [o for o in there if o not in found]
    return found, missing


def _own_name(labelled: Labelled) -> str:
    return labelled.name if labelled.kind == "Namespace" else ""


def _judged(
    request: LabelsRequest, snapshot: LabelSnapshot, namespace: str, problems: list[str], unread: list[str]
) -> LabelSource:
    judge = LabelJudge(snapshot)
    reports = judge.judge_all()
    named = any(target.name is not None for target in request.targets)
    if not named:
        reports = [report for report in reports if report.own or report.findings]
    return LabelSource(
        judge=judge,
        reports=reports,
        namespace="" if request.all_namespaces else namespace,
        named=named,
        problems=problems,
        remarks=unread,
    )
