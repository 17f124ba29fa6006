"""What a change risks: the mesh's own rules about risks, asked of who moves."""

from __future__ import annotations

from functools import cached_property

from kubectl_ambient.change.effects import Direction, Effects, Moved
from kubectl_ambient.mesh.risks import checks
from kubectl_ambient.mesh.risks.risk import Risk
from kubectl_ambient.mesh.risks.turn import Mover, Turn

# By their labels: what the agents of their nodes make of that is a risk of its own.
_AMBIENT: dict[Direction, tuple[bool, bool]] = {
    "in": (False, True),
    "doubtful": (False, True),
    "not in": (False, True),
    "cut off": (False, True),
    "out": (True, False),
    "held in": (True, False),
    "stays in": (True, True),
    "stays out": (False, False),
}


class Risks:
    """The risks of a change of labels, and what could not be judged; each is asked for once."""

    def __init__(self, effects: Effects) -> None:
        movers = {m.pod.ref: _mover(m) for m in effects.pods}
        before, after = effects.before, effects.after
        self._turn = Turn(before.snapshot, after.snapshot, movers, agents=after.installation)

    @cached_property
    def found(self) -> list[Risk]:
        """The risks, gravest first."""
        return checks.risks(self._turn)

    @cached_property
    def untold(self) -> list[str]:
        """What could not be judged, and why."""
        return list(checks.untold(self._turn))


def _mover(moved: Moved) -> Mover:
    return Mover(
        ambient=_AMBIENT.get(moved.direction),
        now=moved.when == "now",
        after_restart=moved.after_restart,
        reason=moved.reason,
        direction=moved.direction,
        owner=moved.owner,
        hindered=moved.agent,
    )
