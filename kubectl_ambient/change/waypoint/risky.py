"""What a change of waypoint labels risks: policies that a waypoint enforces, and those on the way to it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from kubectl_ambient.change.waypoint.effects import WaypointChange
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.mesh.risks.on_the_way import OnTheWay
from kubectl_ambient.mesh.risks.rerouted import Rebound
from kubectl_ambient.mesh.risks.risk import Risk, gravest_first
from kubectl_ambient.mesh.risks.turn import Turn
from kubectl_ambient.mesh.risks.untold import not_judged, others
from kubectl_ambient.mesh.risks.waypoints import lost


class Risks:
    """The risks of a change, and what could not be judged; each is asked for once.

    around: what was read of the pods that may be sent to a waypoint, with all that the change is judged by.
    """

    def __init__(self, change: WaypointChange, around: Snapshot) -> None:
        effects = change.effects
        every = [Rebound(target=each.target, before=each.before, after=each.after) for each in effects.objects]
        self._change = change
        self._turn = Turn(around, around, {})
        self._turning = [one for one in every if one.turns]
        self._on_the_way = OnTheWay(self._turn, effects.after, self._turning)

    @cached_property
    def found(self) -> list[Risk]:
        """The risks, gravest first."""
        losing = lost(self._change.effects.before.snapshot, _losing(self._change))
        return gravest_first([*losing, *self._on_the_way.found])

    @cached_property
    def untold(self) -> list[str]:
        """What could not be judged, and why."""
        losing = any(_losing(self._change))
        reads = [((RiskCode.WAYPOINT_POLICY_LOST,), ("authorization_policies",))] if losing else []
        unjudged = others(self._turn) if self._turning else ()
        return [*not_judged(self._turn, reads), *self._on_the_way.untold, *unjudged]


def _losing(change: WaypointChange) -> Iterator[tuple[Service, str]]:
    """The Services that lose their waypoint, each with that."""
    for served in change.effects.of("loses"):
        if isinstance(served.target, Service) and served.before.waypoint is not None:
            yield served.target, served.before.waypoint
