"""`waypoint enable … --plan` and `waypoint disable … --plan`: all that it would do; nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.change.stand_ins import with_stand_ins
from kubectl_ambient.change.waypoint.effects import WaypointChange, change_of
from kubectl_ambient.change.waypoint.fitness import fitness
from kubectl_ambient.change.waypoint.plan import WaypointEdit, Wish, plan
from kubectl_ambient.change.waypoint.planning import waypoint_plan
from kubectl_ambient.change.waypoint.risky import Risks
from kubectl_ambient.cluster.facts import Namespace, Pod
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.kinds.workload_entries import WorkloadEntry
from kubectl_ambient.cluster.needs.change import ChangeNeeds
from kubectl_ambient.cluster.needs.pods import PodNeeds
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.render.terminal import text_width
from kubectl_ambient.render.waypoint.change import waypoint_moves
from kubectl_ambient.runs.change.outcome import without_protected
from kubectl_ambient.runs.change.output import selection_words
from kubectl_ambient.runs.change.plan_told import failed, refusal_lines, tell_plan
from kubectl_ambient.runs.change.remarks import tell
from kubectl_ambient.runs.change.request import ChangeRequest
from kubectl_ambient.runs.change.targets import Found
from kubectl_ambient.runs.change.targets_in_files import found_in_files
from kubectl_ambient.runs.waypoint.change_run import WaypointRun
from kubectl_ambient.runs.waypoint.told import unread_objects
from kubectl_ambient.shell.command import joined
from kubectl_ambient.shell.words import Word

_TARGETS = (Namespace, Pod, Service, ServiceEntry, WorkloadEntry)


def plan_waypoint_change(request: ChangeRequest, wish: Wish, *, force: bool) -> int:
    """Tell the plan; the exit code. Raises KubeError where nothing could be read."""
    if not request.flags.filenames:
        return WaypointPlanRun(request, wish, force=force).run()
    found = found_in_files(request, ChangeNeeds(pods=PodNeeds()))
    tell(found.problems)
    code = 1 if found.problems else 0
    if not found.targets:
        return code
    snapshot, stood_in = with_stand_ins(found.snapshot)
    edits = [plan(target, wish) for target in found.targets if isinstance(target, _TARGETS)]
    edits = without_protected(edits, request, snapshot)
    change = change_of(snapshot, wish.goal, edits)
    return _told(change, snapshot, request, wish, force=force, assumed=stood_in) or code


class WaypointPlanRun(WaypointRun):
    """Reads as a real run does, and tells what that would do."""

    def run(self) -> int:
        """The exit code. Raises KubeError where nothing could be read."""
        found = self._read()
        if found is None:
            return 0
        items = without_protected(found.items, self._request, self._snapshot)
        tell(refusal_lines(found))
        change = self._change(items)
        if change is None or self._around is None:
            return 1
        whole = len(found.items) + len(found.errors) == len(items) and all(item.edit.changes for item in items)
        selection = selection_words(self._request, self._client.namespace) if whole else ()
        code = _told(change, self._around, self._request, self._wish, selection, force=self._force)
        return code or (1 if found.errors else 0)

    def _read_surroundings(self, found: Found[WaypointEdit]) -> None:
        """Where all of it is refused, nothing changes, and that is the plan."""
        super()._read_surroundings(found)
        if self._snapshot is None:
            self._snapshot = self._around = Snapshot()


def _told(
    change: WaypointChange,
    around: Snapshot,
    request: ChangeRequest,
    wish: Wish,
    selection: Sequence[str | Word] = (),
    *,
    force: bool,
    assumed: Sequence[str] = (),
) -> int:
    if wish.goal == "enable" and not force:
        change = _without_unfit(change, wish)
    untold = [*assumed, *unread_objects(change.effects.after.snapshot)]
    found = waypoint_plan(change, Risks(change, around), selection, untold)
    lines = waypoint_moves(
        change.effects, ("gains", "fails", "loses", "keeps", "unserved", "unknown"), "would", text_width()
    )
    tell_plan(found, lines, request)
    return failed(found, request)


def _without_unfit(change: WaypointChange, wish: Wish) -> WaypointChange:
    """The change without what a real run refuses: a waypoint that cannot serve."""
    edits: list[WaypointEdit] = []
    for edit in change.edits:
        found = fitness(change.effects.after, edit) if edit.changes else None
        unfit = found is not None and found.answer == "unfit"
        why = joined(found.why, "; --force labels it all the same") if found is not None else ""
        edits.append(edit.refused(why) if unfit else edit)
    if edits == list(change.edits):
        return change
    return change_of(change.effects.before.snapshot, wish.goal, edits)
