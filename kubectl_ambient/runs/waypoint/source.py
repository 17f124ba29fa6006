"""Where the facts of a waypoint command come from: a cluster, or the files of `-f`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kubectl_ambient.cluster.l7.facts import KINDS, WorkloadEntry
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.resources import Resource, find_resource
from kubectl_ambient.kube.selectors import parse_label_selector
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.rules import Target, kind_of
from kubectl_ambient.runs.origin import bad_objects, connected, from_files
from kubectl_ambient.runs.told import not_found, unknown_namespace
from kubectl_ambient.runs.waypoint.request import WaypointRequest
from kubectl_ambient.runs.waypoint.told import WaypointTold, unread_parts


@dataclass(kw_only=True)
class WaypointSource(WaypointTold):
    """Facts, the objects that were asked for, and what was wrong on the way. many: they are of several namespaces."""

    targets: list[Target]
    namespace: str
    many: bool


def read_waypoint_source(request: WaypointRequest) -> WaypointSource:
    """The facts for a request. Raises KubeError where there can be no answer at all."""
    return _of_files(request) if request.origin.filenames else _of_cluster(request)


def _of_files(request: WaypointRequest) -> WaypointSource:
    snapshot, problems = from_files(request.origin)
    judge = WaypointJudge(snapshot)
    selector = parse_label_selector(request.label_selector)
    targets = [t for t in _chosen(judge, request, request.origin.namespace) if selector.matches(selectable(t))]
    namespace = request.origin.home_of(target.namespace for target in targets)
    return WaypointSource(
        judge=judge,
        targets=targets,
        namespace=namespace,
        many=not namespace,
        problems=[*problems, *_missing(request, targets, snapshot)],
    )


def _of_cluster(request: WaypointRequest) -> WaypointSource:
    from datetime import UTC, datetime

    from kubectl_ambient.cluster.l7.live import read_waypoints
    from kubectl_ambient.cluster.needs import Needs

    client = connected(request.origin)
    namespace = request.origin.home(client)
    needs = Needs(
        namespaces=(namespace,) if namespace else (),
        label_selector=request.label_selector,
        chunk_size=request.origin.chunk_size,
    )
    snapshot = read_waypoints(client, needs, now=datetime.now(UTC), kinds=request.kinds)
    judge = WaypointJudge(snapshot)
    targets = _chosen(judge, request, namespace)
    return WaypointSource(
        judge=judge,
        targets=targets,
        namespace=namespace,
        many=request.origin.all_namespaces,
        problems=[
            *unknown_namespace(snapshot.namespaces, namespace, empty=not (targets or request.chosen)),
            *_missing(request, targets, snapshot),
            *bad_objects(client),
        ],
        remarks=_remarks(snapshot),
    )


def _chosen(judge: WaypointJudge, request: WaypointRequest, namespace: str) -> list[Target]:
    found = [
        target
        for target in judge.targets()
        if namespace in ("", target.namespace) and request.wants(kind_of(target), target.name)
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
    unread = snapshot.l7.unread.get(resource.kind)
    if unread is not None:
        return f"error: {unread}"
    return not_found(resource.full_name, name, in_files=snapshot.from_files)


def _remarks(snapshot: Snapshot) -> list[str]:
    told = unread_parts(snapshot.l7)
    others = [find_resource(plural).full_name for kind, plural in snapshot.l7.absent.items() if kind != "Gateway"]
    if others:
        told.append(f"The server has no {' and no '.join(others)}.")
    return told
