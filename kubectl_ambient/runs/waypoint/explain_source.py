"""What `waypoint explain` reads: the objects and namespaces that were named."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field

from kubectl_ambient.cluster.served import KINDS, objects_of
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.resources import Target as Typed
from kubectl_ambient.kube.resources import parse_targets
from kubectl_ambient.kube.selectors import parse_label_selector
from kubectl_ambient.mesh.waypoint.explained import Explained, explain
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.namespace import NamespaceUse, namespace_use
from kubectl_ambient.mesh.waypoint.rules import Target, kind_of
from kubectl_ambient.runs.origin import Origin
from kubectl_ambient.runs.output import check_names
from kubectl_ambient.runs.place import opened
from kubectl_ambient.runs.told import is_missing, not_found, nothing_found
from kubectl_ambient.runs.waypoint.source import selectable
from kubectl_ambient.runs.waypoint.told import WaypointTold, unread_parts


class WaypointExplainRequest(Struct, frozen=True, kw_only=True):
    """What was typed, checked as far as can be without reading anything.

    by_labels: the label_selector chooses namespaces, too.
    """

    origin: Origin
    objects: tuple[Typed, ...]
    namespaces: tuple[str, ...]
    by_labels: bool
    label_selector: str

    @classmethod
    def of(cls, origin: Origin, words: Sequence[str], *, label_selector: str) -> WaypointExplainRequest:
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
            if target.name is None and not label_selector:
                raise UsageError("error: resource(s) were provided, but no name was specified")
            check_names(named=target.name is not None, selected=bool(label_selector))
        return cls(
            origin=origin,
            objects=tuple(t for t in targets if t.resource.kind != "Namespace"),
            namespaces=tuple(t.name for t in targets if t.resource.kind == "Namespace" and t.name is not None),
            by_labels=any(t.resource.kind == "Namespace" and t.name is None for t in targets),
            label_selector=label_selector,
        )

    @property
    def whole(self) -> bool:
        """Whether all that some namespace holds is asked about."""
        return bool(self.namespaces) or self.by_labels


class WaypointExplanations(WaypointTold, kw_only=True):
    """The explanations, and what was wrong on the way. several: more than one object could have been meant."""

    objects: list[Explained] = field(default_factory=list)
    namespaces: list[NamespaceUse] = field(default_factory=list)
    several: bool = False


def read_waypoint_explanations(request: WaypointExplainRequest) -> WaypointExplanations:
    """Read, judge and explain. Raises KubeError where there can be no answer at all."""
    from kubectl_ambient.cluster.needs.waypoints import WaypointNeeds

    place = opened(request.origin)
    homes = dict.fromkeys([*([place.namespace] if request.objects else []), *request.namespaces])
    needs = WaypointNeeds(
        namespaces=() if request.by_labels else tuple(homes),
        label_selector="" if request.whole else request.label_selector,
        kinds=KINDS
        if request.whole
        else tuple(kind for kind in KINDS if kind in {t.resource.kind for t in request.objects}),
        selected=request.by_labels,
    )
    found = _explain(place.read(needs), request, place.namespace)
    found.problems += place.problems
    return found


def _explain(snapshot: Snapshot, request: WaypointExplainRequest, namespace: str) -> WaypointExplanations:
    judge = WaypointJudge(snapshot)
    found = WaypointExplanations(judge=judge, remarks=unread_parts(snapshot))
    targets = [target for target in judge.targets() if namespace in ("", target.namespace)]
    for typed in request.objects:
        mine = [t for t in targets if kind_of(t) == typed.resource.kind and _is_meant(t, typed, request)]
        found.objects += [explain(judge, target) for target in mine]
        problem = "" if mine else _not_there(snapshot, typed)
        found.problems += [problem] if problem else []
    if request.objects and not (found.objects or found.problems):
        found.remarks.append(nothing_found(namespace))
    chosen = _chosen(snapshot, request) if request.by_labels else []
    if request.by_labels and not chosen:
        found.remarks.append(nothing_found(""))
    for name in dict.fromkeys([*request.namespaces, *chosen]):
        there = any(target.namespace == name for target in judge.targets())
        if (snapshot.namespaces.get(name) is None or is_missing(snapshot, name)) and not there:
            found.problems.append(not_found("namespaces", name, in_files=snapshot.from_files))
        else:
            found.namespaces.append(namespace_use(judge, name))
    typed_once = len(request.objects) == 1 and request.objects[0].name is not None
    found.several = request.whole or not typed_once or len(found.objects) > 1
    return found


def _chosen(snapshot: Snapshot, request: WaypointExplainRequest) -> list[str]:
    """The namespaces that the selector chooses."""
    selector = parse_label_selector(request.label_selector)
    return sorted(n.name for n in snapshot.namespaces if selector.matches(n.labels))


def _is_meant(target: Target, typed: Typed, request: WaypointExplainRequest) -> bool:
    if typed.name is not None:
        return target.name == typed.name
    return parse_label_selector(request.label_selector).matches(selectable(target))


def _not_there(snapshot: Snapshot, typed: Typed) -> str:
    """Why there is none of a name or of a type; empty where only a selector chose none."""
    kind, plural = typed.resource.kind, typed.resource.full_name
    found = objects_of(snapshot)[kind]
    if found.absent:
        return f'error: the server doesn\'t have a resource type "{typed.resource.plural}"'
    if found.refusal and not snapshot.from_files:
        return f"error: {found.refusal}"
    if typed.name is None:
        return ""
    return not_found(plural, typed.name, in_files=snapshot.from_files)
