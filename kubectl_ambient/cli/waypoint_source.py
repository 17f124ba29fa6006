"""Where the facts of a waypoint command come from: a cluster, or the files of `-f`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field

from kubectl_ambient.cli.source import bad_objects, from_files, not_in_files, warn
from kubectl_ambient.cli.waypoint_request import KINDS, WaypointRequest
from kubectl_ambient.cluster.facts import NOT_FOUND, Unread
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.resources import Resource, find_resource
from kubectl_ambient.kube.selectors import parse_label_selector
from kubectl_ambient.mesh.waypoint_rules import Target, kind_of
from kubectl_ambient.mesh.waypoints import WaypointJudge


@dataclass(kw_only=True)
class WaypointSource:
    """Facts, the objects that were asked for, and what was wrong on the way.

    many: they are of several namespaces. remarks: what could not be read, or is not there at all.
    """

    judge: WaypointJudge
    targets: list[Target]
    namespace: str
    many: bool
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def tell_remarks(self) -> None:
        """Print to stderr what was not read, and what was taken for granted instead."""
        for remark in self.remarks:
            print(remark, file=sys.stderr)
        for assumption in self.judge.assumptions:
            print(f"assumed: {assumption}", file=sys.stderr)

    def tell_problems(self) -> int:
        """Print what was wrong to stderr; the exit code that follows from it."""
        for problem in self.problems:
            print(problem, file=sys.stderr)
        return 1 if self.problems else 0


def read_waypoint_source(request: WaypointRequest) -> WaypointSource:
    """The facts for a request. Raises KubeError where there can be no answer at all."""
    return _of_files(request) if request.filenames else _of_cluster(request)


def _of_files(request: WaypointRequest) -> WaypointSource:
    namespace = "" if request.all_namespaces else request.connection.namespace
    snapshot, problems = from_files(
        request.filenames, recursive=request.recursive, namespace=request.connection.namespace
    )
    judge = WaypointJudge(snapshot)
    selector = parse_label_selector(request.label_selector)
    targets = [t for t in _chosen(judge, request, namespace) if selector.matches(t.labels)]
    one = {target.namespace for target in targets} if not (request.all_namespaces or namespace) else set()
    return WaypointSource(
        judge=judge,
        targets=targets,
        namespace=namespace or next(iter(one), "default"),
        many=request.all_namespaces or (not namespace and len(one) != 1),
        problems=[*problems, *_missing(request, targets, snapshot)],
    )


def _of_cluster(request: WaypointRequest) -> WaypointSource:
    from datetime import UTC, datetime

    from kubectl_ambient.cluster.l7_live import read_waypoints
    from kubectl_ambient.cluster.needs import Needs
    from kubectl_ambient.kube.api import connect

    client = connect(request.connection, on_warning=warn)
    namespace = "" if request.all_namespaces else client.namespace
    needs = Needs(
        namespaces=(namespace,) if namespace else (),
        label_selector=request.label_selector,
        chunk_size=request.chunk_size,
    )
    snapshot = read_waypoints(client, needs, now=datetime.now(UTC), kinds=request.kinds)
    judge = WaypointJudge(snapshot)
    targets = _chosen(judge, request, namespace)
    return WaypointSource(
        judge=judge,
        targets=targets,
        namespace=namespace,
        many=request.all_namespaces,
        problems=[
            *_unknown_namespace(snapshot, namespace, targets, request),
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
    plural = resource.full_name
    return not_in_files(plural, name) if snapshot.from_files else _not_found(plural, name)


def _not_found(plural: str, name: str) -> str:
    return f'Error from server (NotFound): {plural} "{name}" not found'


def _unknown_namespace(snapshot: Snapshot, name: str, targets: list[Target], request: WaypointRequest) -> list[str]:
    """A namespace that is not there looks like an empty one; a typo must not pass for all is well."""
    found = snapshot.namespaces.get(name)
    if isinstance(found, Unread) and found.why == NOT_FOUND and not targets and not request.chosen:
        return [_not_found("namespaces", name)]
    return []


def _remarks(snapshot: Snapshot) -> list[str]:
    l7 = snapshot.l7
    told = [str(unread) for unread in (*l7.unread.values(), *l7.unread_gateways.values())]
    if "Gateway" in l7.absent:
        told.append(f"The server has no {l7.absent['Gateway']}: without the Gateway API there are no waypoints.")
    others = [find_resource(plural).full_name for kind, plural in l7.absent.items() if kind != "Gateway"]
    if others:
        told.append(f"The server has no {' and no '.join(others)}.")
    return list(dict.fromkeys(told))
