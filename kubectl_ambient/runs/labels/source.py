"""Where the labels come from: a cluster, or the files of `-f`; judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_ambient.cluster.kinds.labelled import Labelled
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.resources import find_resource
from kubectl_ambient.mesh.labels.entry import (
    CANARY,
    INGRESS_USE_WAYPOINT,
    USE_WAYPOINT,
    USE_WAYPOINT_NAMESPACE,
    WAYPOINT_FOR,
)
from kubectl_ambient.mesh.labels.judge import LabelJudge, Report
from kubectl_ambient.runs.homes import homes, left_out
from kubectl_ambient.runs.labels.request import LabelsRequest
from kubectl_ambient.runs.place import opened
from kubectl_ambient.runs.told import Told, not_found, unknown_namespace
from kubectl_ambient.shell.command import Sentence, joined, kubectl
from kubectl_ambient.shell.words import inside

if TYPE_CHECKING:
    from kubectl_ambient.cluster.needs.labels import LabelNeeds

_OF_WAYPOINTS = {USE_WAYPOINT, USE_WAYPOINT_NAMESPACE, CANARY, INGRESS_USE_WAYPOINT, WAYPOINT_FOR}


class LabelSource(Told, kw_only=True):
    """The reports on what was asked for, and what was wrong on the way. `named`: the objects were named.

    asked: the request, and so where it was looked.
    """

    judge: LabelJudge
    reports: list[Report]
    namespace: str
    named: bool
    asked: LabelsRequest

    @property
    def shown(self) -> list[Report]:
        """The reports to print: those with mistakes, where only these were asked for."""
        return [report for report in self.reports if report.findings or not self.asked.only_mistakes]

    @property
    def further(self) -> Sentence:
        """What was not looked at, and who tells it; empty where nothing was found or something is wrong."""
        if not self.reports or any(report.findings for report in self.reports):
            return ""
        keys = {setting.key for report in self.reports for setting in report.own}
        where = inside(self.namespace) if self.namespace else ("-A",)
        pods: Sentence = ("whether the pods are in ambient mode (", kubectl("ambient status", *where), ")")
        waypoints: Sentence = ("whether the waypoints serve (", kubectl("ambient waypoint status", *where), ")")
        if not keys & _OF_WAYPOINTS:
            return joined("Not looked at: ", pods, ".")
        if not keys - _OF_WAYPOINTS:
            return joined("Not looked at: ", waypoints, ".")
        return joined("Not looked at: ", pods, ", and ", waypoints, ".")

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
    among = homes(request.origin, snapshot)
    if among is not None:
        reports = [report for report in reports if (report.labelled.namespace or _own_name(report.labelled)) in among]
    named = any(target.name is not None for target in request.targets)
    if not named:
        reports = [report for report in reports if report.own or report.findings]
    return LabelSource(
        judge=judge,
        reports=reports,
        namespace="" if request.origin.all_namespaces else namespace,
        named=named,
        asked=request,
        problems=[*missing, *unknown, *place.problems],
        remarks=[*refused_lists(snapshot), *left_out(request.origin, snapshot)],
    )


def _typed(kind: str) -> str:
    return kind.lower()


def _needs(request: LabelsRequest, namespace: str) -> LabelNeeds:
    from kubectl_ambient.cluster.needs.labels import LabelNeeds, of_scope

    targets, chooses = request.targets, bool(request.origin.namespace_selector)
    if not targets:
        return of_scope(namespace, label_selector=request.label_selector, chooses=chooses)
    return LabelNeeds(
        namespace=namespace if any(target.resource.namespaced for target in targets) else "",
        named=tuple((t.resource.kind, t.name) for t in targets if t.name is not None),
        kinds=tuple(t.resource.kind for t in targets if t.name is None),
        label_selector=request.label_selector,
        chooses=chooses,
    )


def _choose(request: LabelsRequest, snapshot: Snapshot) -> list[str]:
    """Leave in the snapshot of files what was asked for; a sentence for each name that they do not hold."""
    facts = snapshot.labelled.facts
    objects: list[Labelled] = list(facts.values())
    missing: list[str] = []
    namespace = request.origin.connection.namespace
    if request.targets:
        objects, missing = _chosen(request, objects, namespace)
    elif request.origin.namespace:
        objects = [o for o in objects if namespace in (o.namespace, _own_name(o))]
    chosen = set(map(id, objects))
    snapshot.labelled.facts = {ref: found for ref, found in facts.items() if id(found) in chosen}
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
