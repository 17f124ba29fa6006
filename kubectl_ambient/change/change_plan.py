"""All that a change would do, as one value: what is edited, what moves, what is at risk, and how to undo it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from msgspec import Struct

from kubectl_ambient.change.patch import LabelEdit, labels_path
from kubectl_ambient.change.targets import kind_of, namespace_of
from kubectl_ambient.mesh.next_pod import AfterRestart
from kubectl_ambient.mesh.risks.risk import Risk
from kubectl_ambient.shell.command import Command, Offer, Sentence

PlannedAction = Literal["change", "keep", "refuse"]
Way = Literal["in", "out", "stays in", "stays out", "unknown"]
WAYS: tuple[Way, ...] = get_args(Way)
_ACTIONS: dict[str, PlannedAction] = {"set": "change", "remove": "change", "nothing": "keep", "refuse": "refuse"}


class PlannedEdit(Struct, frozen=True, kw_only=True, gc=False):
    """One label of one object: its value before and after (None: not set), and why it is kept or refused."""

    object: str
    field: str
    before: str | None
    after: str | None
    action: PlannedAction
    why: Sentence = ""


class Move(Struct, frozen=True, kw_only=True, gc=False):
    """What becomes of one object, mostly a pod: for a waypoint, `in` is served by it, and `out` no more."""

    object: str
    namespace: str
    pod: str | None
    owner: str | None
    direction: Way
    when: str
    reason: str
    message: str
    after_restart: AfterRestart | None = None


class ChangePlan(Struct, frozen=True, kw_only=True):
    """The plan. `undo` is the command that puts back what was there; None where nothing would be changed.

    notes: what is to be known besides, that is neither a move nor a risk.
    """

    goal: str
    edits: tuple[PlannedEdit, ...]
    moves: tuple[Move, ...]
    risks: tuple[Risk, ...]
    undo: Command | None
    assumptions: tuple[str, ...]
    notes: tuple[Sentence, ...] = ()

    @property
    def summary(self) -> dict[str, int]:
        """How many go each way, and how many risks of each severity there are."""
        ways: dict[str, int] = {way: sum(move.direction == way for move in self.moves) for way in WAYS}
        graves = {grave: sum(risk.severity == grave for risk in self.risks) for grave in ("error", "warning", "info")}
        return {**ways, **graves}


def planned_edits(edit: LabelEdit, before: Mapping[str, str | None], why: Sentence) -> list[PlannedEdit]:
    """The labels of one edit, with the values that they have. why: why nothing is done, where that is so."""
    target = edit.target
    home = namespace_of(target)
    ref = "/".join(part for part in (kind_of(target), home, target.name) if part)
    path = ".".join(labels_path(kind_of(target)))
    return [
        PlannedEdit(
            object=ref,
            field=f"{path}[{key}]",
            before=before.get(key),
            after=after,
            action=_ACTIONS[edit.action],
            why=why,
        )
        for key, after in edit.labels.items()
    ]


def command_of(offers: Sequence[Offer]) -> Command | None:
    """The command of a way back; None where there is none."""
    return next((offer for offer in offers if isinstance(offer, Command)), None)
