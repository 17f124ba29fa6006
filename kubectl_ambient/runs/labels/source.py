"""Where the labels come from: a cluster, or the files of `-f`; judged."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_ambient.cluster.labelled.facts import Labelled, LabelSnapshot
from kubectl_ambient.kube.resources import find_resource
from kubectl_ambient.mesh.labels.judge import LabelJudge, Report
from kubectl_ambient.runs.labels.request import LabelsRequest
from kubectl_ambient.runs.origin import bad_objects, connected
from kubectl_ambient.runs.told import Told, bad_files, not_found, tell_large, unknown_namespace


@dataclass(kw_only=True)
class LabelSource(Told):
    """The reports on what was asked for, and what was wrong on the way. `named`: the objects were named."""

    judge: LabelJudge
    reports: list[Report]
    namespace: str
    named: bool

    def name_of(self, labelled: Labelled) -> str:
        """`deployment.apps/web`, as `-o name` prints it."""
        return f"{find_resource(_typed(labelled.kind)).name_for_output}/{labelled.name}"


def read_source(request: LabelsRequest) -> LabelSource:
    """Read and judge. Raises KubeError where there can be no answer at all."""
    return _of_files(request) if request.origin.filenames else _of_cluster(request)


def _typed(kind: str) -> str:
    return kind.lower()


def _of_cluster(request: LabelsRequest) -> LabelSource:
    from kubectl_ambient.cluster.labelled.live import LabelNeeds, of_scope, read_labels

    client = connected(request.origin)
    namespace = request.origin.home(client)
    targets = request.targets
    selector, chunk_size = request.label_selector, request.origin.chunk_size
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
    unknown = unknown_namespace(snapshot.namespaces, namespace, empty=not (snapshot.objects or snapshot.missing))
    problems = [*snapshot.missing, *unknown, *bad_objects(client)]
    return _judged(request, snapshot, namespace, problems, unread)


def _of_files(request: LabelsRequest) -> LabelSource:
    from kubectl_ambient.cluster.labelled.files import read_label_files

    origin = request.origin
    namespace = origin.connection.namespace
    snapshot, found = read_label_files(
        origin.filenames,
        recursive=origin.recursive,
        namespace=namespace or "default",
        label_selector=request.label_selector,
        on_large=tell_large,
    )
    problems = bad_files(found, empty=not snapshot.objects)
    everything = snapshot.objects
    if request.targets:
        snapshot.objects, missing = _chosen(request, everything, namespace)
        problems += missing
    elif origin.namespace:
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
            missing.append(not_found(resource.full_name, target.name, in_files=True))
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
        namespace="" if request.origin.all_namespaces else namespace,
        named=named,
        problems=problems,
        remarks=unread,
    )
