"""What the commands that only read waypoints tell on stderr."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_ambient.cluster.l7.snapshot import L7
from kubectl_ambient.runs.told import Told, tell_assumptions

if TYPE_CHECKING:
    from kubectl_ambient.mesh.waypoint.judge import WaypointJudge


@dataclass(kw_only=True)
class WaypointTold(Told):
    """What was wrong on the way, and the judge who was asked."""

    judge: WaypointJudge

    @property
    def assumptions(self) -> list[str]:
        """What could not be read, and what was taken for granted instead."""
        return [*self.remarks, *self.judge.assumptions]

    def tell_beside(self, *, assumed: bool = True) -> None:
        """Print the remarks to stderr, and what was taken for granted if that counts (`assumed`)."""
        self.tell_remarks()
        tell_assumptions(self.judge.assumptions if assumed else ())


def unread_parts(l7: L7) -> list[str]:
    """A sentence for each list that was refused, and for a server without the Gateway API."""
    unread = [str(unread) for unread in (*l7.unread.values(), *l7.unread_gateways.values())]
    return list(dict.fromkeys([*unread, *without_gateway_api(l7)]))


def without_gateway_api(l7: L7) -> list[str]:
    """That the server has no Gateways, if so."""
    if "Gateway" not in l7.absent:
        return []
    return [f"The server has no {l7.absent['Gateway']}: without the Gateway API there are no waypoints."]
