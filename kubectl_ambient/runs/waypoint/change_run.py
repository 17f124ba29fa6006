"""One run of `waypoint enable` or `waypoint disable` on a cluster."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.change.targets import kind_of
from kubectl_ambient.change.waypoint.effects import Way, WaypointChange, change_of
from kubectl_ambient.change.waypoint.fitness import fitness
from kubectl_ambient.change.waypoint.notes import notes, remarks
from kubectl_ambient.change.waypoint.plan import WaypointEdit, Wish
from kubectl_ambient.change.waypoint.risky import Risks
from kubectl_ambient.change.waypoint.undo import undo
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.resources import Resource
from kubectl_ambient.render.change import Tense, wrapped
from kubectl_ambient.render.risks import not_changed, risk_lines
from kubectl_ambient.render.waypoint.change import waypoint_moves
from kubectl_ambient.runs.change.gate import gated
from kubectl_ambient.runs.change.label_run import LabelRun, Waiter
from kubectl_ambient.runs.change.remarks import tell
from kubectl_ambient.runs.change.request import ChangeRequest
from kubectl_ambient.runs.change.targets import Fields, Found, Item
from kubectl_ambient.runs.told import told_assumptions
from kubectl_ambient.runs.waypoint.change_targets import plan_fields, read_surroundings
from kubectl_ambient.runs.waypoint.flags import WaypointFlags
from kubectl_ambient.runs.waypoint.told import unread_objects
from kubectl_ambient.shell.command import Offer, joined
from kubectl_ambient.shell.words import Word

Items = list[Item[WaypointEdit]]


class WaypointRun(LabelRun[WaypointEdit]):
    """Tells which objects gain or lose a waypoint, and names none that cannot serve them."""

    def __init__(self, request: ChangeRequest, wish: Wish, *, force: bool) -> None:
        super().__init__(request)
        self._wish = wish
        self._force = force
        self._enables = wish.goal == "enable"
        self._around: Snapshot | None = None
        self._asked: tuple[list[WaypointEdit], Risks] | None = None

    def _plan(self, resource: Resource, fields: Fields) -> WaypointEdit:
        return plan_fields(resource, fields, self._wish)

    def _read_surroundings(self, found: Found[WaypointEdit]) -> None:
        """Needed where something changes; else to tell that what is there already cannot work, or goes on."""
        edits = [i.edit for i in found.items if i.edit.action != "refuse"]
        if edits:
            self._snapshot, self._around = read_surroundings(self._client, edits, self._request.flags.chunk_size)

    def _waiter(self, items: Items) -> Waiter[WaypointEdit]:
        from kubectl_ambient.runs.waiting.waypoint import WaypointWait

        return WaypointWait(self._client, self._request, [item.edit for item in items], self._aim).settle

    def _check(self, items: Items) -> None:
        self._tell_default(items)
        self._refuse_unfit(items)

    def _tell_default(self, items: Items) -> None:
        flags = self._request.flags
        assert isinstance(flags, WaypointFlags)
        if self._enables and not flags.waypoint and any(item.edit.changes for item in items):
            tell([f"no --waypoint given: taken to be “{self._wish.waypoint}”, the name that istioctl gives"])

    def _refuse_unfit(self, items: Items) -> None:
        """Nothing is pointed at a waypoint that cannot serve it, unless --force says so."""
        change = self._change(items)
        if change is None or not self._enables or self._force:
            return
        for item in items:
            found = fitness(change.effects.after, item.edit) if item.edit.changes else None
            if found is not None and found.answer == "unfit":
                item.edit = item.edit.refused(joined(found.why, "; --force labels it all the same"))

    def _gated(self, items: Items) -> bool:
        change = self._change(items) if self._request.flags.fail_on else None
        hit = gated(self._risks(change).found, self._request) if change is not None else []
        if hit and self._request.dry_run == "none":
            tell([*risk_lines(hit, self._width), not_changed(hit)])
        return bool(hit)

    def _change(self, items: Items) -> WaypointChange | None:
        if self._snapshot is None:
            return None
        return change_of(self._snapshot, self._wish.goal, [item.edit for item in items])

    def _risks(self, change: WaypointChange) -> Risks:
        """Those of the change; of one that was asked about already, the same."""
        edits = list(change.edits)
        if self._asked is None or self._asked[0] != edits:
            assert self._around is not None
            self._asked = (edits, Risks(change, self._around))
        return self._asked[1]

    def _tell_before(self, items: Items) -> None:
        """What the change leaves where it is, and all that one may want to know before it is made."""
        change = self._change(items)
        if change is None:
            return
        self._tell_notes(change)
        if any(item.edit.changes for item in items):
            # What goes on after `disable` is told by the notes, with the way out.
            self._tell_moves(change, ("keeps", "unserved", "unknown") if self._enables else ("unknown",), "does")

    def _tell_dry_run(self, items: Items) -> None:
        change = self._change([item for item in items if item.state == "done"])
        if change is None:
            return
        if change.changing:
            ways: tuple[Way, ...] = ("gains", "fails", "loses", "keeps")
            self._tell_moves(change, (*ways, "unserved", "unknown") if self._enables else (*ways, "unknown"), "would")
        self._tell_notes(change)

    def _tell_notes(self, change: WaypointChange) -> None:
        risks = self._risks(change)
        tell(risk_lines(risks.found, self._width))
        tell(wrapped("‼ ", note, self._width, self._aim) for note in notes(change))
        if not change.changing:
            return
        tell(wrapped("", remark, self._width, self._aim) for remark in remarks(change))
        holds = any(kind_of(edit.target) == "Namespace" for edit in change.changing)
        unread = unread_objects(change.effects.after.snapshot)
        tell(wrapped("not told: ", f"what becomes of some: {why}", self._width) for why in unread if holds)
        assumptions = [*(change.effects.after.assumptions if self._enables else ()), *risks.untold]
        assumed = told_assumptions(assumptions, each=self._request.flags.assumptions)
        tell(wrapped("assumed: ", text, self._width) for text in assumed)

    def _tell_moves(self, change: WaypointChange, ways: tuple[Way, ...], tense: Tense) -> None:
        tell(waypoint_moves(change.effects, ways, tense, self._width))

    def _tell_after(self, done: Items) -> None:
        change = self._change(done)
        if change is not None:
            self._tell_moves(change, ("gains", "fails", "loses"), "does")

    def _undo(self, edits: Sequence[WaypointEdit], selection: Sequence[str | Word]) -> list[Offer]:
        return undo(edits, selection=selection)
