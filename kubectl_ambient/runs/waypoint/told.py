"""What the commands that only read waypoints tell on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_ambient.cluster.kinds.gateways import GATEWAYS
from kubectl_ambient.cluster.served import objects_of
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.runs.told import Told, tell_assumptions

if TYPE_CHECKING:
    from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
    from kubectl_ambient.runs.origin import Origin


class WaypointTold(Told, kw_only=True):
    """What was wrong on the way, and the judge who was asked."""

    judge: WaypointJudge

    @property
    def assumptions(self) -> list[str]:
        """What could not be read, and what was taken for granted instead."""
        return [*self.remarks, *self.judge.assumptions]

    def tell_beside(self, origin: Origin, *, assumed: bool = True) -> None:
        """Print the remarks to stderr, and what was taken for granted if that counts (`assumed`)."""
        self.tell_remarks()
        tell_assumptions(self.judge.assumptions if assumed else (), origin)


def unread_objects(snapshot: Snapshot) -> list[str]:
    """A sentence for each list of objects that was refused."""
    return [str(why) for found in objects_of(snapshot).values() for why in found.unread.values()]


def unread_parts(snapshot: Snapshot) -> list[str]:
    """A sentence for each list that was refused, and for a server without the Gateway API."""
    unread = unread_objects(snapshot) + [str(why) for why in snapshot.gateways.unread.values()]
    return list(dict.fromkeys([*unread, *without_gateway_api(snapshot)]))


def without_gateway_api(snapshot: Snapshot) -> list[str]:
    """That the server has no Gateways, if so."""
    if not snapshot.gateways.absent:
        return []
    return [f"The server has no {GATEWAYS.resource.full_name}: without the Gateway API there are no waypoints."]
