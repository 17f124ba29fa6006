"""The objects of `--plan -f`: those of the files that were named, or chosen by a selector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from kubectl_ambient.change.targets import Labelled, namespace_of
from kubectl_ambient.cluster.facts import Namespace
from kubectl_ambient.cluster.needs.ask import Needs
from kubectl_ambient.cluster.scope import OBJECT_FIELDS, Scope, select
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.field_selectors import parse_field_selector
from kubectl_ambient.kube.resources import Resource
from kubectl_ambient.kube.selectors import parse_label_selector
from kubectl_ambient.runs.change.request import ChangeRequest
from kubectl_ambient.runs.origin import Origin
from kubectl_ambient.runs.place import Files
from kubectl_ambient.runs.told import not_found, nothing_found

_PARTS = {
    "Pod": "pods",
    "Service": "services",
    "ServiceEntry": "service_entries",
    "WorkloadEntry": "workload_entries",
}


class InFiles(Struct, frozen=True, kw_only=True):
    """What the files hold, the objects that were meant, and a sentence for each thing that was wrong."""

    snapshot: Snapshot
    targets: Sequence[Labelled]
    problems: Sequence[str]


def found_in_files(request: ChangeRequest, needs: Needs) -> InFiles:
    """Read the files. Raises KubeError where nothing of them can be used, and UsageError for a bad field selector."""
    flags = request.flags
    origin = Origin(
        connection=request.connection,
        all_namespaces=flags.all_namespaces,
        filenames=flags.filenames,
        recursive=flags.recursive,
        whole=flags.whole_cluster,
        assumptions=flags.assumptions,
    )
    place = Files(origin)
    snapshot = place.read(needs)
    problems, targets = list(place.problems), {}
    for named in request.targets:
        found = _named(snapshot, named.resource, named.name or "", request.connection.namespace or "default")
        if found is None:
            problems.append(not_found(named.resource.full_name, named.name or "", in_files=True))
        else:
            targets[str(named.resource.kind), named.name or ""] = found
    chosen = [found for resource in request.selected for found in _chosen(snapshot, resource, request)]
    if request.selected and not chosen:
        problems.append(nothing_found("" if flags.all_namespaces else request.connection.namespace or "default"))
    return InFiles(snapshot=snapshot, targets=[*targets.values(), *chosen], problems=problems)


def _named(snapshot: Snapshot, resource: Resource, name: str, home: str) -> Labelled | None:
    match resource.kind:
        case "Namespace" if name in snapshot.namespaces.unread:
            return Namespace(name=name)  # the files hold something of it
        case "Namespace":
            return snapshot.namespaces.fact(name)
        case kind if kind in _PARTS:
            found: Labelled | None = getattr(snapshot, _PARTS[kind]).fact(f"{home}/{name}")
            return found
    return snapshot.workload(resource.kind, home, name)


def _chosen(snapshot: Snapshot, resource: Resource, request: ChangeRequest) -> Iterator[Labelled]:
    flags = request.flags
    home = "" if flags.all_namespaces else request.connection.namespace or "default"
    if resource.kind == "Pod":
        scope = Scope(namespace=home, label_selector=flags.label_selector, field_selector=flags.field_selector)
        yield from select(snapshot.pods, scope)
        return
    labels = parse_label_selector(flags.label_selector)
    fields = parse_field_selector(flags.field_selector, known=OBJECT_FIELDS)
    for found in _all(snapshot, resource.kind):
        namespace = namespace_of(found)
        if namespace and home not in ("", namespace):
            continue
        told = {"metadata.name": found.name, "metadata.namespace": namespace}
        if labels.matches(found.labels) and fields.matches(told):
            yield found


def _all(snapshot: Snapshot, kind: str) -> Iterable[Labelled]:
    if kind == "Namespace":
        return list(snapshot.namespaces)
    if kind in _PARTS:
        return list(getattr(snapshot, _PARTS[kind]))
    return [workload for workload in snapshot.workloads if workload.kind == kind]
