"""`enable … --plan` and `disable … --plan`: all that the change would do, of a cluster or of files; nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from kubectl_ambient.change.change import Change
from kubectl_ambient.change.effects import effects
from kubectl_ambient.change.needless import needless
from kubectl_ambient.change.notes_of_agents import cut_off_by
from kubectl_ambient.change.plan import Edit, plan
from kubectl_ambient.change.planning import change_plan
from kubectl_ambient.change.risky import Risks
from kubectl_ambient.change.stand_ins import with_stand_ins
from kubectl_ambient.cluster.facts import Namespace, Pod, Workload
from kubectl_ambient.cluster.needs.change import ChangeNeeds
from kubectl_ambient.cluster.needs.pods import PodNeeds
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.render.change import moves_of_plan
from kubectl_ambient.render.terminal import text_width
from kubectl_ambient.runs.change.beginning import Beginning
from kubectl_ambient.runs.change.outcome import without_protected
from kubectl_ambient.runs.change.output import selection_words
from kubectl_ambient.runs.change.plan_told import failed, refusal_lines, tell_plan
from kubectl_ambient.runs.change.remarks import tell
from kubectl_ambient.runs.change.request import ChangeRequest
from kubectl_ambient.runs.change.run import Run
from kubectl_ambient.runs.change.targets import Found
from kubectl_ambient.runs.change.targets_in_files import found_in_files
from kubectl_ambient.shell.words import Word


def plan_change(request: ChangeRequest, beginning: Beginning) -> int:
    """Tell the plan of a change of a cluster; the exit code. Raises KubeError where nothing could be read."""
    return PlanRun(request, beginning).run()


def plan_of_files(request: ChangeRequest) -> int:
    """The same of what manifests hold, as far as they tell."""
    found = found_in_files(request, ChangeNeeds(pods=PodNeeds()))
    tell(found.problems)
    flags, code = request.flags, 1 if found.problems else 0
    if not found.targets:
        return code
    snapshot, stood_in = with_stand_ins(found.snapshot)
    edits = [
        plan(target, flags.goal, overwrite=flags.overwrite)
        for target in found.targets
        if isinstance(target, (Namespace, Pod, Workload))
    ]
    edits = without_protected(edits, request, snapshot)
    change = Change(goal=flags.goal, edits=tuple(edits), effects=effects(snapshot, edits))
    return _told(change, request, assumed=stood_in) or code


class PlanRun(Run):
    """Reads as a real run does, and tells what that would do."""

    def run(self) -> int:
        """The exit code. Raises KubeError where nothing could be read."""
        found = self._read()
        if found is None:
            return 0
        items = without_protected(found.items, self._request, self._snapshot)
        tell(refusal_lines(found))
        change = self._change(items)
        if change is None:
            return 1
        whole = len(found.items) + len(found.errors) == len(items) and all(item.edit.changes for item in items)
        selection = selection_words(self._request, self._client.namespace) if whole else ()
        untold = [f"what this moves and risks cannot be told: {self._unread}"] if self._unread else []
        return _told(change, self._request, selection, untold=untold) or (1 if found.errors else 0)

    def _read_surroundings(self, found: Found[Edit]) -> None:
        """Where all of it is refused, nothing moves, and that is the plan."""
        super()._read_surroundings(found)
        if self._snapshot is None:
            self._snapshot = Snapshot()

    def _tell_unread(self) -> None:
        """The plan itself says so."""

    def _needs_surroundings(self, edits: Sequence[Edit]) -> bool:
        return any(edit.action != "refuse" for edit in edits)


def _told(
    change: Change,
    request: ChangeRequest,
    selection: Sequence[str | Word] = (),
    *,
    untold: Sequence[str] = (),
    assumed: Sequence[str] = (),
) -> int:
    risks = Risks(change.effects)  # of what was asked for, also where a run refuses it unless it is forced
    change = _as_a_run_does_it(change, force=request.flags.force)
    found = change_plan(change, risks, selection, untold, assumed)
    lines = [] if untold else moves_of_plan(change.effects, text_width(), restarts=change.restarts)
    tell_plan(found, lines, request)
    return failed(found, request)


def _as_a_run_does_it(change: Change, *, force: bool) -> Change:
    """The change without what a run leaves alone or refuses unless it is forced."""
    if force or change.goal != "enable":
        return change
    edits = list(change.edits)
    for place, why in needless(change).items():
        edits[place] = structs.replace(edits[place].left_alone, why=f"{why}; --force restarts it all the same")
    for place, edit in enumerate(edits):
        why = cut_off_by(change, edit) if edit.changes else ""
        edits[place] = edit.refused(f"{why}; --force labels it all the same") if why else edit
    if edits == list(change.edits):
        return change
    wanted = [edit for edit in edits if edit.action != "refuse"]
    return Change(goal=change.goal, edits=tuple(edits), effects=effects(change.effects.before.snapshot, wanted))
