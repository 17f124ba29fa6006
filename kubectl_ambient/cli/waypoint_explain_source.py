"""What `waypoint explain` reads: the objects and namespaces that were named."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from kubectl_ambient.cli.source import bad_objects, from_files, not_in_files, warn
from kubectl_ambient.cluster.facts import NOT_FOUND, Unread
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.options import ConnectionOptions
from kubectl_ambient.kube.resources import Target as Typed
from kubectl_ambient.kube.resources import parse_targets
from kubectl_ambient.kube.selectors import parse_label_selector
from kubectl_ambient.mesh.waypoint_explained import Explained, explain
from kubectl_ambient.mesh.waypoint_namespace import NamespaceUse, namespace_use
from kubectl_ambient.mesh.waypoint_rules import Target, kind_of
from kubectl_ambient.mesh.waypoints import WaypointJudge

KINDS = ("Service", "ServiceEntry", "Pod", "WorkloadEntry")


@dataclass(frozen=True, kw_only=True)
class WaypointExplainRequest:
    """What was typed, checked as far as can be without reading anything."""

    connection: ConnectionOptions
    objects: tuple[Typed, ...]
    namespaces: tuple[str, ...]
    label_selector: str
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
        filenames: Sequence[str],
        recursive: bool,
        chunk_size: int,
    ) -> WaypointExplainRequest:
        """Check what was typed. Raises UsageError in kubectl's words."""
        parse_label_selector(label_selector)
        targets = parse_targets(words)
        for target in targets:
            kind = target.resource.kind
            if kind not in (*KINDS, "Namespace"):
                raise UsageError(
                    f"error: no waypoint serves {target.resource.full_name}: explain takes services, serviceentries, "
                    "pods, workloadentries and namespaces"
                )
            if target.name is None and (kind == "Namespace" or not label_selector):
                raise UsageError("error: resource(s) were provided, but no name was specified")
            if target.name is not None and label_selector:
                raise UsageError("error: name cannot be provided when a selector is specified")
        return cls(
            connection=connection,
            objects=tuple(t for t in targets if t.resource.kind != "Namespace"),
            namespaces=tuple(t.name for t in targets if t.resource.kind == "Namespace" and t.name is not None),
            label_selector=label_selector,
            filenames=tuple(filenames),
            recursive=recursive,
            chunk_size=chunk_size,
        )


@dataclass(kw_only=True)
class WaypointExplanations:
    """The explanations, and what was wrong on the way. several: more than one object could have been meant."""

    judge: WaypointJudge
    objects: list[Explained] = field(default_factory=list)
    namespaces: list[NamespaceUse] = field(default_factory=list)
    several: bool = False
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def assumptions(self) -> list[str]:
        """What could not be read, and what was taken for granted instead."""
        return [*self.remarks, *self.judge.assumptions]

    def tell_problems(self) -> int:
        """Print what was wrong to stderr; the exit code that follows from it."""
        for problem in self.problems:
            print(problem, file=sys.stderr)
        return 1 if self.problems else 0


def read_waypoint_explanations(request: WaypointExplainRequest) -> WaypointExplanations:
    """Read, judge and explain. Raises KubeError where there can be no answer at all."""
    if not request.filenames:
        return _of_cluster(request)
    namespace = request.connection.namespace
    snapshot, problems = from_files(request.filenames, recursive=request.recursive, namespace=namespace)
    return _explain(snapshot, request, namespace, problems)


def _of_cluster(request: WaypointExplainRequest) -> WaypointExplanations:
    from datetime import UTC, datetime

    from kubectl_ambient.cluster.l7_live import read_waypoints
    from kubectl_ambient.cluster.needs import Needs
    from kubectl_ambient.kube.api import connect

    client = connect(request.connection, on_warning=warn)
    homes = dict.fromkeys([*([client.namespace] if request.objects else []), *request.namespaces])
    kinds = KINDS if request.namespaces else tuple(dict.fromkeys(t.resource.kind for t in request.objects))
    selector = "" if request.namespaces else request.label_selector
    needs = Needs(namespaces=tuple(homes), label_selector=selector, chunk_size=request.chunk_size)
    snapshot = read_waypoints(client, needs, now=datetime.now(UTC), kinds=kinds)
    found = _explain(snapshot, request, client.namespace, [])
    found.problems += bad_objects(client)
    return found


def _explain(
    snapshot: Snapshot, request: WaypointExplainRequest, namespace: str, problems: list[str]
) -> WaypointExplanations:
    judge = WaypointJudge(snapshot)
    found = WaypointExplanations(judge=judge, problems=problems, remarks=_remarks(snapshot))
    targets = [target for target in judge.targets() if namespace in ("", target.namespace)]
    for typed in request.objects:
        mine = [t for t in targets if kind_of(t) == typed.resource.kind and _is_meant(t, typed, request)]
        found.objects += [explain(judge, target) for target in mine]
        if not mine:
            found.problems.append(_not_there(snapshot, typed, namespace))
    for name in request.namespaces:
        known = snapshot.namespaces.get(name)
        there = any(target.namespace == name for target in judge.targets())
        if (known is None or (isinstance(known, Unread) and known.why == NOT_FOUND)) and not there:
            found.problems.append(_not_found(snapshot, "namespaces", name))
        else:
            found.namespaces.append(namespace_use(judge, name))
    typed_once = len(request.objects) == 1 and request.objects[0].name is not None
    found.several = bool(request.namespaces) or not typed_once or len(found.objects) > 1
    return found


def _is_meant(target: Target, typed: Typed, request: WaypointExplainRequest) -> bool:
    if typed.name is not None:
        return target.name == typed.name
    return parse_label_selector(request.label_selector).matches(target.labels)


def _not_there(snapshot: Snapshot, typed: Typed, namespace: str) -> str:
    kind, plural = typed.resource.kind, typed.resource.full_name
    if kind in snapshot.l7.absent:
        return f'error: the server doesn\'t have a resource type "{typed.resource.plural}"'
    if kind in snapshot.l7.unread:
        return f"error: {snapshot.l7.unread[kind]}"
    if typed.name is None:
        return f"No resources found in {namespace} namespace." if namespace else "No resources found"
    return _not_found(snapshot, plural, typed.name)


def _not_found(snapshot: Snapshot, plural: str, name: str) -> str:
    if snapshot.from_files:
        return not_in_files(plural, name)
    return f'Error from server (NotFound): {plural} "{name}" not found'


def _remarks(snapshot: Snapshot) -> list[str]:
    l7 = snapshot.l7
    told = [str(unread) for unread in (*l7.unread.values(), *l7.unread_gateways.values())]
    if "Gateway" in l7.absent:
        told.append(f"The server has no {l7.absent['Gateway']}: without the Gateway API there are no waypoints.")
    return list(dict.fromkeys(told))
