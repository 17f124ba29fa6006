"""One run of `enable` or `disable` on a cluster."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.change.change import Change
from kubectl_ambient.change.effects import Direction, effects
from kubectl_ambient.change.needless import changes_nothing, needless
from kubectl_ambient.change.notes import beside_notes, notes
from kubectl_ambient.change.notes_of_agents import cut_off_by
from kubectl_ambient.change.plan import Edit, plan
from kubectl_ambient.change.risky import Risks
from kubectl_ambient.change.targets import key_of, namespace_of
from kubectl_ambient.change.undo import undo
from kubectl_ambient.change.words import grouped
from kubectl_ambient.kube.resources import Resource
from kubectl_ambient.mesh.few import few
from kubectl_ambient.render.change import NO_RESTART, NOT_CARRIED_OVER, Tense, moves, wrapped
from kubectl_ambient.render.risks import not_changed, risk_lines
from kubectl_ambient.runs.change.beginning import Beginning
from kubectl_ambient.runs.change.gate import gated
from kubectl_ambient.runs.change.label_run import LabelRun, Waiter
from kubectl_ambient.runs.change.preview import read_surroundings
from kubectl_ambient.runs.change.remarks import tell
from kubectl_ambient.runs.change.request import ChangeRequest
from kubectl_ambient.runs.change.targets import Fields, Found, Item, fact
from kubectl_ambient.runs.told import told_assumptions
from kubectl_ambient.shell.command import Offer
from kubectl_ambient.shell.words import Word

_NAMES = 10


class Run(LabelRun[Edit]):
    """Tells which pods the change moves."""

    def __init__(self, request: ChangeRequest, beginning: Beginning | None = None) -> None:
        super().__init__(request, beginning)
        self._can_tell_moves = False
        self._unread = ""
        self._last: Change | None = None
        self._asked: tuple[Change, Risks] | None = None

    def _plan(self, resource: Resource, fields: Fields) -> Edit:
        flags = self._request.flags
        return plan(fact(resource, fields), flags.goal, overwrite=flags.overwrite)

    def _read_surroundings(self, found: Found[Edit]) -> None:
        """Needed where something moves; and `disable` tells why a pod stays in even if it had no label."""
        if not self._needs_surroundings([item.edit for item in found.items]):
            return
        targets = [i.edit.target for i in found.items if i.edit.action != "refuse"]
        self._snapshot, self._unread = read_surroundings(self._client, targets, self._request, self._early)
        self._can_tell_moves = not self._unread
        if self._unread:
            self._tell_unread()

    def _needs_surroundings(self, edits: Sequence[Edit]) -> bool:
        changes, wanted = any(e.changes for e in edits), any(e.action != "refuse" for e in edits)
        return changes or (wanted and self._request.flags.goal != "enable")

    def _tell_unread(self) -> None:
        tell([f"What this moves cannot be told: {self._unread}"])

    def _waiter(self, items: list[Item[Edit]]) -> Waiter[Edit]:
        from kubectl_ambient.runs.waiting.change import ChangeWait

        namespaces = dict.fromkeys(namespace_of(item.target) or item.target.name for item in items)
        read = self._snapshot if self._can_tell_moves else None
        return ChangeWait(self._client, self._request, list(namespaces), read, self._aim).settle

    def _check(self, items: list[Item[Edit]]) -> None:
        """Nothing is restarted for nothing, and no pod is cut off, unless --force says so."""
        if not self._can_tell_moves or self._request.flags.goal != "enable" or self._request.flags.force:
            return
        wanted = [item for item in items if item.edit.action != "refuse"]
        self._leave_alone(wanted)
        change = self._change(wanted)
        if change is None or self._request.dry_run != "none" or not change.effects.of("cut off"):
            return
        self._tell_moves(change, ("cut off",), "would")
        for item in wanted:
            why = cut_off_by(change, item.edit) if item.edit.changes else ""
            if why:
                item.edit = item.edit.refused(f"{why}; --force labels it all the same")

    def _leave_alone(self, items: list[Item[Edit]]) -> None:
        """What the label would restart for nothing, with a line for each reason."""
        change = self._change(items)
        left = needless(change) if change else {}
        for place in left:
            items[place].edit = items[place].edit.left_alone
        for why, places in grouped((why, place) for place, why in left.items()).items():
            names = [f"{namespace_of(items[place].target)}/{items[place].target.name}" for place in places]
            them = "it" if len(names) == 1 else "them"
            told = f"left alone ({why}; --force restarts {them} all the same): {few(names, _NAMES)}"
            tell([wrapped("", told, self._width)])

    def _change(self, items: list[Item[Edit]]) -> Change | None:
        if self._snapshot is None:
            return None
        edits = tuple(item.edit for item in items)
        # What was done is mostly all that was to be done, and so was judged before.
        if self._last is None or self._last.edits != edits:
            self._last = Change(goal=self._request.flags.goal, edits=edits, effects=effects(self._snapshot, edits))
        return self._last

    def _gated(self, items: list[Item[Edit]]) -> bool:
        request = self._request
        if not request.flags.fail_on or not any(item.edit.changes for item in items):
            return False
        change = self._change(items)
        risks = self._risks(change).found if change and self._can_tell_moves else []
        hit = gated(risks, request)
        untold = [] if self._can_tell_moves else [f"what it risks cannot be told: {self._unread}"]
        if (hit or untold) and request.dry_run == "none":
            tell([*risk_lines(hit, self._width), *untold, not_changed(hit)])
        return bool(hit or untold)

    def _risks(self, change: Change) -> Risks:
        if self._asked is None or self._asked[0] is not change:
            self._asked = (change, Risks(change.effects))
        return self._asked[1]

    def _tell_before(self, items: list[Item[Edit]]) -> None:
        """All that one may want to know before the change is made."""
        change = self._change(items)
        if change is None:
            return
        self._tell_risks(change)
        self._tell_notes(change)

    def _tell_risks(self, change: Change) -> None:
        """In short; the plan has the evidence, whom they hit, and what helps."""
        if self._can_tell_moves and change.changing:
            tell(risk_lines(beside_notes(self._risks(change).found), self._width))

    def _tell_notes(self, change: Change) -> None:
        tell(wrapped("‼ ", note, self._width, self._aim) for note in notes(change))
        if self._can_tell_moves:
            untold = self._risks(change).untold if change.changing else []
            assumptions = [*change.effects.after.assumptions, *untold]
            assumed = told_assumptions(assumptions, each=self._request.flags.assumptions)
            tell(wrapped("assumed: ", text, self._width) for text in assumed)

    def _tell_moves(self, change: Change, directions: tuple[Direction, ...], tense: Tense) -> None:
        if not self._can_tell_moves:
            return
        tell(moves(change.effects, directions, tense, self._width))

    def _tell_dry_run(self, items: list[Item[Edit]]) -> None:
        change = self._change([item for item in items if item.state == "done"])
        if change is None:
            return
        self._tell_risks(change)
        stay: Direction = "stays out" if change.goal == "enable" else "stays in"
        self._tell_moves(change, ("in", "doubtful", "not in", "cut off", "out", "held in", stay, "unknown"), "would")
        self._tell_no_restart(change, "would")
        self._tell_notes(change)
        if self._can_tell_moves and change.effects.of("cut off") and not self._request.flags.force:
            tell(["What would be cut off is refused by a real run without --force."])

    def _tell_no_restart(self, change: Change, tense: Tense) -> None:
        if self._can_tell_moves and (change.effects.of("in", at="now") or change.effects.of("out", at="now")):
            tell([("" if change.restarts else NO_RESTART) + NOT_CARRIED_OVER[tense]])

    def _tell_after(self, done: list[Item[Edit]]) -> None:
        change = self._change(done)
        if change is not None:
            # Those that stay in are told by the notes, with the way out.
            stay: Direction = "stays out" if change.goal == "enable" else "held in"
            self._tell_moves(change, ("in", "doubtful", "not in", "cut off", "out", stay, "unknown"), "does")
            self._tell_no_restart(change, "does")

    def _undo(self, edits: Sequence[Edit], selection: Sequence[str | Word]) -> list[Offer]:
        change = self._last
        forced = {key_of(e.target) for e in edits if change and self._can_tell_moves and changes_nothing(e, change)}
        return undo(edits, selection=selection, forced=forced)
