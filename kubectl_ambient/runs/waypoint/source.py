"""Where the facts of a waypoint command come from: a cluster, or the files of `-f`."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_ambient.cluster.kinds.workload_entries import WorkloadEntry
from kubectl_ambient.cluster.needs.waypoints import WaypointNeeds
from kubectl_ambient.cluster.served import KINDS, objects_of
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.resources import Resource, find_resource
from kubectl_ambient.kube.selectors import parse_label_selector
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.rules import Target, kind_of
from kubectl_ambient.runs.homes import homes, left_out
from kubectl_ambient.runs.place import Place, opened
from kubectl_ambient.runs.told import not_found, unknown_namespace
from kubectl_ambient.runs.waypoint.request import WaypointRequest
from kubectl_ambient.runs.waypoint.told import WaypointTold, unread_parts


class WaypointSource(WaypointTold, kw_only=True):
    """Facts, the objects that were asked for, and what was wrong on the way. many: they are of several namespaces.

    needs: what was read of place; and asked: what was asked for there.
    """

    targets: list[Target]
    namespace: str
    many: bool
    place: Place
    needs: WaypointNeeds
    asked: WaypointRequest

    def look_again(self) -> None:
        """Judge by the snapshot as it has become."""
        self.judge = WaypointJudge(self.judge.snapshot)
        self.targets = _chosen(self.judge, self.asked, self.place.namespace)


def read_waypoint_source(request: WaypointRequest) -> WaypointSource:
    """The facts for a request. Raises KubeError where there can be no answer at all."""
    place = opened(request.origin)
    needs = WaypointNeeds(
        namespaces=(place.namespace,) if place.namespace else (),
        label_selector=request.label_selector,
        kinds=request.kinds,
    )
    snapshot = place.read(needs)
    judge = WaypointJudge(snapshot)
    targets = _chosen(judge, request, place.namespace)
    if snapshot.from_files:
        selector = parse_label_selector(request.label_selector)
        targets = [target for target in targets if selector.matches(selectable(target))]
    namespace, many = place.home(target.namespace for target in targets)
    return WaypointSource(
        judge=judge,
        targets=targets,
        namespace=namespace,
        many=many,
        place=place,
        needs=needs,
        asked=request,
        problems=[
            *unknown_namespace(snapshot, place.namespace, empty=not (targets or request.chosen)),
            *_missing(request, targets, snapshot),
            *place.problems,
        ],
        remarks=[*([] if snapshot.from_files else _remarks(snapshot)), *left_out(request.origin, snapshot)],
    )


def _chosen(judge: WaypointJudge, request: WaypointRequest, namespace: str) -> list[Target]:
    among = homes(request.origin, judge.snapshot)
    found = [
        target
        for target in judge.targets()
        if namespace in ("", target.namespace)
        and (among is None or target.namespace in among)
        and request.wants(kind_of(target), target.name)
    ]
    return sorted(found, key=lambda t: (t.namespace, KINDS.index(kind_of(t)), t.name))


def selectable(target: Target) -> dict[str, str]:
    """The labels by which the API server selects it: those of its metadata, whatever Istio reads besides."""
    return target.metadata_labels if isinstance(target, WorkloadEntry) else target.labels


def _missing(request: WaypointRequest, targets: Iterable[Target], snapshot: Snapshot) -> list[str]:
    """A sentence for each name that was typed and is not there."""
    there = {(kind_of(target), target.name) for target in targets}
    names = {name for _, name in there}
    told = [
        _not_there(target.resource, target.name, snapshot)
        for target in request.targets
        if target.name is not None and (target.resource.kind, target.name) not in there
    ]
    return told + [
        f'error: no service, serviceentry, pod or workloadentry "{name}" was found'
        for name in request.names
        if name not in names
    ]


def _not_there(resource: Resource, name: str, snapshot: Snapshot) -> str:
    unread = objects_of(snapshot)[resource.kind].refusal
    if unread is not None and not snapshot.from_files:
        return f"error: {unread}"
    return not_found(resource.full_name, name, in_files=snapshot.from_files)


def _remarks(snapshot: Snapshot) -> list[str]:
    told = unread_parts(snapshot)
    others = [find_resource(kind).full_name for kind, found in objects_of(snapshot).items() if found.absent]
    if others:
        told.append(f"The server has no {' and no '.join(others)}.")
    return told
