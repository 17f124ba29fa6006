"""`waypoint enable -f … --local` and its like: print the manifests with the labels, and ask no server."""

from __future__ import annotations

from kubectl_ambient.change.targets import WaypointTarget, key_of
from kubectl_ambient.change.waypoint.plan import WaypointEdit, Wish, plan
from kubectl_ambient.change.waypoint.use_waypoint import use_waypoint
from kubectl_ambient.cluster.editing.manifests import OF_WAYPOINTS, Edited, Labelled
from kubectl_ambient.cluster.facts import Namespace, Pod
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.kinds.workload_entries import WorkloadEntry
from kubectl_ambient.cluster.problem import Problem
from kubectl_ambient.mesh.waypoint.reference import USE_WAYPOINT, USE_WAYPOINT_NAMESPACE
from kubectl_ambient.runs.change.local import Labelling, label_files_by
from kubectl_ambient.runs.change.remarks import tell
from kubectl_ambient.runs.change.request import ChangeRequest

Key = tuple[str, str, str]
_TYPES: dict[str, type[Pod | Service | ServiceEntry | WorkloadEntry]] = {
    "Pod": Pod,
    "Service": Service,
    "ServiceEntry": ServiceEntry,
    "WorkloadEntry": WorkloadEntry,
}


def label_waypoints(request: ChangeRequest, wish: Wish) -> int:
    """Print the labelled manifests; 1 where a file or an object in it could not be read or labelled."""
    return label_files_by(_WaypointLabelling(request, wish), request)


class _WaypointLabelling(Labelling[WaypointEdit]):
    """Sets or removes both labels, one after the other. Where only one of them could be, neither is."""

    nothing = "nothing to label: the files hold no Namespace, Service, Pod, ServiceEntry or WorkloadEntry"
    key = USE_WAYPOINT
    holders = OF_WAYPOINTS

    def __init__(self, request: ChangeRequest, wish: Wish) -> None:
        super().__init__(request)
        self._wish = wish
        self._told: set[tuple[str, str, str]] = set()

    def labelled(self, text: str, path: str) -> str:
        """The text with the labels."""
        odd: set[Key] = set()
        while True:
            planned: list[WaypointEdit] = []
            first = self._set_namespace(text, path, planned, odd)
            names = iter([e.after.name for e in planned])
            # It meets the same objects in the same order.
            second = self.edit(first.text, USE_WAYPOINT, lambda _, names=names: next(names), path)  # type: ignore[misc]
            self._keep(first.problems, second.problems)
            fresh = {key_of(e.target) for e in planned} - (_keys(first) & _keys(second)) - odd
            if not fresh:
                break
            odd |= fresh
        self.edits += [e for e in planned if key_of(e.target) not in odd]
        return second.text

    def tell(self) -> int:
        """Also what a WorkloadEntry names beneath its metadata, which is left as it is."""
        tell(edit.told_beneath for edit in self.edits if edit.told_beneath)
        return super().tell()

    def _set_namespace(self, text: str, path: str, planned: list[WaypointEdit], odd: set[Key]) -> Edited:
        def decide(found: Labelled) -> str | None:
            own, beneath = use_waypoint(found.labels), use_waypoint(found.beneath)
            done = plan(_target(found), self._wish, own=own, beneath=beneath)
            planned.append(done.refused("") if key_of(done.target) in odd else done)
            return planned[-1].after.namespace

        return self.edit(text, USE_WAYPOINT_NAMESPACE, decide, path)

    def _keep(self, *found: list[Problem]) -> None:
        """Each problem once: a document that could not be read is counted in the first pass only."""
        for problem in (problem for problems in found for problem in problems):
            told = problem.file, problem.object, problem.why
            if told not in self._told:
                self._told.add(told)
                self.problems.add(problem)


def _keys(edited: Edited) -> set[Key]:
    return {(e.kind, "" if e.kind == "Namespace" else e.namespace, e.name) for e in edited.edits}


def _target(found: Labelled) -> WaypointTarget:
    labels = dict(found.labels)
    if found.kind == "Namespace":
        return Namespace(name=found.name, labels=labels)
    return _TYPES[found.kind](namespace=found.namespace, name=found.name, labels=labels)
