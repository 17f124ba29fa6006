"""`waypoint enable --wait` and `waypoint disable --wait`: until each object is served as it was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from kubectl_ambient.change.targets import kind_of
from kubectl_ambient.change.waypoint.plan import WaypointEdit
from kubectl_ambient.change.waypoint.settling import WaypointSettling
from kubectl_ambient.cluster.kinds.gateways import GATEWAYS
from kubectl_ambient.cluster.kinds.namespaces import NAMESPACES
from kubectl_ambient.cluster.kinds.pods import INSTANCES
from kubectl_ambient.cluster.needs.ask import Ask
from kubectl_ambient.cluster.needs.watched import of_waypoints
from kubectl_ambient.cluster.reading.cluster import answers, read_cluster
from kubectl_ambient.cluster.reading.taking import part
from kubectl_ambient.cluster.reading.watch import Changes
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import KubeError
from kubectl_ambient.mesh.settling import Standing
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.runs.change.request import ChangeRequest
from kubectl_ambient.runs.waiting.labels import BETWEEN_READS, LabelWait
from kubectl_ambient.runs.waiting.loop import Waited, followed, now, read_instead
from kubectl_ambient.runs.waypoint.change_targets import needs_of
from kubectl_ambient.shell.aim import Aim

_DECIDING = (NAMESPACES, GATEWAYS, INSTANCES)


class WaypointWait(LabelWait[WaypointEdit]):
    """Follows the objects of a run, their waypoints and the proxies of these. edits: all that the run may make."""

    def __init__(self, client: Client, request: ChangeRequest, edits: Sequence[WaypointEdit], aim: Aim) -> None:
        """Raises KubeError where what is to be followed cannot be read; nothing is changed yet."""
        self._client = client
        self._enables = request.flags.goal == "enable"
        self._needs = needs_of(edits, tuple(dict.fromkeys(kind_of(edit.target) for edit in edits)))
        moment = datetime.now(UTC)
        self._snapshot = read_cluster(client, self._needs, now=moment, chunk_size=request.flags.chunk_size)
        self._refused = {(ask.kind.part, ask.path) for ask in self._unread()}
        self._lost: list[Ask] = []
        self._next_read = 0.0
        changes = followed(client, self._snapshot, partial(of_waypoints, needs=self._needs))
        super().__init__(map(partial(read_instead, every=BETWEEN_READS), changes), request.flags.patience, aim)

    def _begin(self, edits: Sequence[WaypointEdit]) -> Callable[[Changes], Standing]:
        self._next_read = 0.0
        return partial(self._look, WaypointSettling(edits, enables=self._enables))

    def _look(self, settling: WaypointSettling, changes: Changes) -> Standing:
        if changes.lost:
            self._lost += [ask for ask in self._unread() if (ask.kind.part, ask.path) not in self._refused]
        if self._lost and now() >= self._next_read:
            self._read_lost()
            self._next_read = now() + BETWEEN_READS
        return settling.standing(WaypointJudge(self._snapshot))

    def _is_unsure(self, waited: Waited) -> bool:
        """What was lost may be known all the same: it is read instead."""
        lost = any(part(self._snapshot, ask.kind).why_unread(ask.path) for ask in self._lost)
        return lost and bool(waited.standing.unknown)

    def _unread(self) -> list[Ask]:
        """What decides about the waypoints, and is not known."""
        asks = (*self._needs.first(), *self._needs.second(self._snapshot))
        return [a for a in asks if a.kind in _DECIDING and part(self._snapshot, a.kind).why_unread(a.path)]

    def _read_lost(self) -> None:
        """What may be read and not watched, as with the built-in roles; what is refused now stays as it was."""
        for ask, answer in zip(self._lost, answers(self._client, self._lost), strict=True):
            if isinstance(answer, KubeError):
                continue
            found = part(self._snapshot, ask.kind)
            kept = {key: fact for key, fact in found.facts.items() if not _within(ask.path, key)}
            found.facts = kept | {key: fact for kind, key, fact in answer if kind is ask.kind}
            found.unread = {path: why for path, why in found.unread.items() if path != ask.path}
            found.places.add(ask.path)


def _within(path: str, key: str) -> bool:
    return not path or key == path or key.startswith(f"{path}/")
