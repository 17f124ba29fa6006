"""`enable --wait` and `disable --wait`: until each pod that a change reaches is where it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial

from msgspec.structs import replace
from msgspec.structs import replace as with_changed

from kubectl_ambient.change.plan import Edit
from kubectl_ambient.change.settling import Settling
from kubectl_ambient.cluster.facts import NOT_FOUND, Unread
from kubectl_ambient.cluster.found import EVERYWHERE
from kubectl_ambient.cluster.kinds.namespaces import NAMESPACES
from kubectl_ambient.cluster.kinds.workloads import WORKLOADS
from kubectl_ambient.cluster.needs.ask import Ask
from kubectl_ambient.cluster.needs.pods import of_namespaces
from kubectl_ambient.cluster.needs.watched import of_pods
from kubectl_ambient.cluster.reading.cluster import answers, read_cluster
from kubectl_ambient.cluster.reading.watch import Changes
from kubectl_ambient.cluster.scope import Scope
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.foreign import Shown
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import ApiError, KubeError
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.settling import Standing, restarts_of
from kubectl_ambient.render.waiting import restarts
from kubectl_ambient.runs.change.request import ChangeRequest
from kubectl_ambient.runs.judged import Judged
from kubectl_ambient.runs.waiting.labels import BETWEEN_READS, LabelWait
from kubectl_ambient.runs.waiting.loop import followed, now, read_instead
from kubectl_ambient.shell.aim import Aim

_FEW = 10  # of more namespaces all pods are watched, where they may be


class ChangeWait(LabelWait[Edit]):
    """Follows the pods of a run.

    namespaces: those of all that the run may change; `read`, what the run has read of them, if that was enough.
    """

    def __init__(
        self, client: Client, request: ChangeRequest, namespaces: Sequence[str], read: Snapshot | None, aim: Aim
    ) -> None:
        """Raises KubeError where what is to be followed cannot be read; nothing is changed yet."""
        self._client = client
        self._snapshot = self._whole(read, namespaces, request.flags.chunk_size)
        everywhere = len(namespaces) > _FEW and self._snapshot.pods.covers(EVERYWHERE)
        scopes = (Scope(),) if everywhere else tuple(Scope(namespace=name) for name in namespaces)
        changes = followed(client, self._snapshot, partial(of_pods, scopes=scopes))
        super().__init__(map(partial(read_instead, every=BETWEEN_READS), changes), request.flags.patience, aim)
        self._namespaces = namespaces
        self._next_read = 0.0

    def _begin(self, edits: Sequence[Edit]) -> Callable[[Changes], Standing]:
        self._judged, self._next_read = Judged(Judge(self._snapshot), {}), 0.0
        return partial(self._look, Settling(edits, self._snapshot), self._judged)

    def _judge(self) -> Judge:
        return self._judged.judge

    def _restarts(self, standing: Standing, width: int) -> Iterable[Shown]:
        return restarts(restarts_of(standing.restarts, self._judged.judge), self._aim, width)

    def _look(self, settling: Settling, judged: Judged, changes: Changes) -> Standing:
        due = now() >= self._next_read
        if due and self._read_namespaces():
            self._next_read = now() + BETWEEN_READS
            changes = with_changed(changes, others=True)
        pods = settling.pods(self._snapshot)
        for _ in judged.again(changes, pods):
            pass
        standing = settling.standing(pods, judged.verdicts, judged.judge)
        if due and settling.rollouts and not standing.stragglers:
            self._read_rollouts(settling)
            self._next_read = now() + BETWEEN_READS
            standing = settling.standing(pods, judged.verdicts, judged.judge)
        return standing

    def _read_namespaces(self) -> bool:
        """Those that may not be watched, as with the built-in roles, are read by their names; whether there are any."""
        found = self._snapshot.namespaces
        refused = [name for name in self._namespaces if found.why_unread(name) is not None]
        asks = [Ask(kind=NAMESPACES, name=name) for name in refused]
        for answer in answers(self._client, asks):
            if not isinstance(answer, KubeError):
                found.facts |= {key: fact for _, key, fact in answer}
        return bool(refused)

    def _read_rollouts(self, settling: Settling) -> None:
        """How many pods the workloads want now; what the server cannot tell for now stays as it was."""
        found = self._snapshot.workloads
        asks = [Ask(kind=WORKLOADS[w.kind], namespace=w.namespace, name=w.name) for w in settling.rollouts]
        for ask, answer in zip(asks, answers(self._client, asks), strict=True):
            if not isinstance(answer, KubeError):
                found.facts |= {key: fact for _, key, fact in answer}
            elif isinstance(answer, ApiError) and answer.is_not_found:
                found.facts.pop(ask.path, None)
                found.unread[ask.path] = Unread(what=ask.words, why=NOT_FOUND)

    def _whole(self, read: Snapshot | None, namespaces: Sequence[str], chunk_size: int | None) -> Snapshot:
        """What was read, where that is all pods of the namespaces and all nodes, and a copy, since it is kept up."""
        if read is not None and EVERYWHERE in read.nodes.places and all(map(read.pods.covers, namespaces)):
            return _copied(read)
        needs = of_namespaces(namespaces if len(namespaces) <= _FEW else ())
        return read_cluster(self._client, needs, now=datetime.now(UTC), chunk_size=chunk_size)


def _copied(snapshot: Snapshot) -> Snapshot:
    """Of what is kept up."""
    parts = ("pods", "namespaces", "cni_pods", "ztunnel_pods", "workloads")
    copies = {part: getattr(snapshot, part) for part in parts}
    return replace(
        snapshot,
        **{part: replace(found, facts=dict(found.facts), unread=dict(found.unread)) for part, found in copies.items()},
    )
