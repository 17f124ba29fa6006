"""Where the labels come from: a cluster, or the files of `-f`; judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_ambient.cluster.kinds.labelled import Labelled
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.resources import find_resource
from kubectl_ambient.mesh.labels.judge import LabelJudge, Report
from kubectl_ambient.runs.labels.request import LabelsRequest
from kubectl_ambient.runs.place import opened
from kubectl_ambient.runs.told import Told, not_found, unknown_namespace

if TYPE_CHECKING:
    from kubectl_ambient.cluster.needs.labels import LabelNeeds


@dataclass(kw_only=True)
class LabelSource(Told):
    """The reports on what was asked for, and what was wrong on the way. `named`: the objects were named."""

    judge: LabelJudge
    reports: list[Report]
    namespace: str
    named: bool

    @property
    def assumptions(self) -> list[str]:
        """What could not be read, and what was taken for granted instead."""
        return [*self.remarks, *self.judge.assumptions]

    def name_of(self, labelled: Labelled) -> str:
        """`deployment.apps/web`, as `-o name` prints it."""
        return f"{find_resource(_typed(labelled.kind)).name_for_output}/{labelled.name}"


def read_source(request: LabelsRequest) -> LabelSource:
    """Read and judge. Raises KubeError where there can be no answer at all."""
    from kubectl_ambient.cluster.needs.labels import refused_lists

    place = opened(request.origin)
    needs = _needs(request, place.namespace)
    snapshot = place.read(needs)
    if snapshot.from_files:
        missing, namespace = _choose(request, snapshot), request.origin.namespace
    else:
        missing, namespace = list(snapshot.missing.values()), needs.namespace
    unknown = unknown_namespace(snapshot, namespace, empty=not (snapshot.labelled or missing))
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
        problems=[*missing, *unknown, *place.problems],
        remarks=refused_lists(snapshot),
    )


def _typed(kind: str) -> str:
    return kind.lower()


def _needs(request: LabelsRequest, namespace: str) -> LabelNeeds:
    from kubectl_ambient.cluster.needs.labels import LabelNeeds, of_scope

    targets = request.targets
    if not targets:
        return of_scope(namespace, label_selector=request.label_selector)
    return LabelNeeds(
        namespace=namespace if any(target.resource.namespaced for target in targets) else "",
        named=tuple((t.resource.kind, t.name) for t in targets if t.name is not None),
        kinds=tuple(t.resource.kind for t in targets if t.name is None),
        label_selector=request.label_selector,
    )


def _choose(request: LabelsRequest, snapshot: Snapshot) -> list[str]:
    """Leave in the snapshot of files what was asked for; a sentence for each name that they do not hold."""
    objects: list[Labelled] = list(snapshot.labelled)
    missing: list[str] = []
    namespace = request.origin.connection.namespace
    if request.targets:
        objects, missing = _chosen(request, objects, namespace)
    elif request.origin.namespace:
        objects = [o for o in objects if namespace in (o.namespace, _own_name(o))]
    snapshot.labelled.facts = {found.ref: found for found in objects}
    return missing


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
