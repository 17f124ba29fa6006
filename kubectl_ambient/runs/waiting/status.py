"""`status --wait`: until nothing drifts, whoever made the change."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial

from msgspec.structs import replace
from msgspec.structs import replace as with_changed

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.needs.watched import of_pods
from kubectl_ambient.cluster.owners import owner_of
from kubectl_ambient.cluster.reading.watch import Changes
from kubectl_ambient.cluster.scope import chosen
from kubectl_ambient.kube.errors import KubeError
from kubectl_ambient.kube.watch import passes
from kubectl_ambient.mesh.settling import Standing, Straggler, restarts_of, standing_of, until_restart
from kubectl_ambient.render.say import say
from kubectl_ambient.render.terminal import Paint, colours, text_width
from kubectl_ambient.render.waiting import all_arrived, given_up, restarts, so_far, stragglers
from kubectl_ambient.runs.ending import Ended
from kubectl_ambient.runs.judged import Judged, Key
from kubectl_ambient.runs.place import Cluster
from kubectl_ambient.runs.status import Source, StatusRequest, in_order, read_status
from kubectl_ambient.runs.waiting.loop import Waited, followed, now, read_instead, timed_out, until_settled
from kubectl_ambient.runs.waiting.meter import Meter

_BETWEEN_READS = 5  # seconds, where what is watched has settled and what is not, or may not be, has not
_MADE_WITHIN = 30  # seconds from the end of a pod until its owner is held to make no other


class StatusWait:
    """Follows the pods that `status` was asked about; `source` is what was read last.

    conditions: what of `--fail-on` is waited for besides. patience: seconds, as `until_settled` takes them.
    """

    def __init__(self, request: StatusRequest, source: Source, conditions: Sequence[str], patience: float) -> None:
        assert isinstance(source.place, Cluster)
        self.source = source
        self._place = source.place
        self._request = request
        self._conditions = conditions
        self._patience = patience
        self._began = source.judge.snapshot.now
        self._judged = Judged(source.judge, {_key(pod): source.judge.judge(pod) for pod in source.pods})
        self._named = {pod.name: pod for pod in source.pods} if source.scope.names else {}
        self._names = set(source.scope.names)
        self._gone = dict[str, float]()
        self._next_read = 0.0
        self._unsettled = Standing(pods=0)

    def run(self) -> Waited:
        """Follow them, if there is something to wait for. Raises KubeError.

        That a watch was lost is no failure: what is told in the end was read.
        """
        standing = self._standing(self.source)
        if standing.settled or self._patience == 0:
            return Waited(standing=standing, age="0s", why="" if standing.settled else timed_out(0))
        self._unsettled = standing
        changes = map(
            partial(read_instead, every=_BETWEEN_READS),
            followed(self._place.client, self._judged.snapshot, partial(of_pods, scopes=(self.source.scope,))),
        )
        try:
            with Meter() as meter:
                meter.show(standing, 0.0)
                waited = until_settled(changes, self._look, meter, self._patience)
        except (KeyboardInterrupt, Ended):
            say(f"interrupted: {so_far(self._unsettled)}", file=sys.stderr)
            raise
        if waited.why and not any(self._between()) and self._read():
            waited.standing = self._standing(self.source)
            waited.why = "" if waited.standing.settled else waited.why
        if not waited.why:
            say(all_arrived(waited.standing, waited.age), file=sys.stderr)
        return waited

    def tell(self, waited: Waited) -> bool:
        """Print to stderr what did not come, and what only a restart moves; whether it did not settle."""
        judge, width = self.source.judge, text_width(sys.stderr)
        if waited.why:
            say(given_up(waited.standing, waited.why), file=sys.stderr)
            say(stragglers(waited.standing.waits_for, judge, width, Paint(colours(sys.stderr))), file=sys.stderr)
        held = [verdict for verdict in waited.standing.restarts if until_restart(verdict, judge)]
        for line in restarts(restarts_of(held, judge), self._request.origin.aim, width):
            say(line, file=sys.stderr)
        return bool(waited.why)

    def _look(self, changes: Changes) -> Standing:
        """By what is watched; once that has settled, all is read anew, so that the answer holds for all of it."""
        snapshot = self._judged.snapshot
        self._take_successors()
        there = {_key(pod): pod for pod in chosen(snapshot, replace(self.source.scope, names=tuple(self._names)))}
        for _ in self._judged.again(changes, there):
            pass
        self.source.judge, self.source.pods = self._judged.judge, in_order(there.values())
        standing = standing_of(list(self._judged.verdicts.values()), self._judged.judge, self._conditions)
        if standing.settled:
            standing = replace(standing, others=tuple(self._between()))
        if standing.settled:
            if now() < self._next_read:
                return self._unsettled
            self._next_read = now() + _BETWEEN_READS
            if not self._read():
                return self._unsettled
            standing = self._standing(self.source)
        if not standing.settled:
            self._unsettled = standing
        return standing

    def _take_successors(self) -> None:
        """A pod that was named and is gone is stood in for by what its owner has made since."""
        pods, workloads = self._judged.snapshot.pods.facts, self._judged.snapshot.workloads.facts
        for name, pod in list(self._named.items()):
            owner = owner_of(pod, workloads)
            if f"{pod.namespace}/{name}" in pods or owner is None:
                self._gone.pop(name, None)
                continue
            self._gone.setdefault(name, now())
            made = [p for p in pods.values() if owner_of(p, workloads) == owner and self._is_later(p)]
            if made:
                del self._named[name]
                self._names = (self._names - {name}) | {p.name for p in made}
                self._named |= {p.name: p for p in made}
                del self._gone[name]

    def _between(self) -> Iterator[Straggler]:
        """Named pods whose end was seen before what takes their place: their owners may be about to make it."""
        for name, since in self._gone.items():
            if now() - since < _MADE_WITHIN:
                namespace = self._named[name].namespace
                yield Straggler(name=f"{namespace}/{name}", why="It is gone, and its owner has made no other yet.")

    def _is_later(self, pod: Pod) -> bool:
        return bool(self._began and pod.created and pod.created >= self._began - timedelta(seconds=1))

    def _read(self) -> bool:
        """Read all anew; whether the server answered."""
        scope = replace(self._request.scope, names=tuple(sorted(self._names)))
        try:
            source = read_status(with_changed(self._request, scope=scope), self._place)
        except KubeError as error:
            if passes(error):
                return False
            raise
        source.late = self.source.late
        self.source = source
        return True

    def _standing(self, source: Source) -> Standing:
        return standing_of(source.verdicts(), source.judge, self._conditions)


def _key(pod: Pod) -> Key:
    return pod.namespace, pod.name
