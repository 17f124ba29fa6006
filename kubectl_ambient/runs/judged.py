"""The verdicts on pods that are followed: judged anew is what may have become another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.reading.watch import Changes
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.verdict import Verdict

Key = tuple[str, str]


class Judged:
    """The verdict on each pod, by namespace and name; `judge` is that of the last look."""

    def __init__(self, judge: Judge, verdicts: Mapping[Key, Verdict]) -> None:
        self.judge = judge
        self.verdicts = dict(verdicts)

    @property
    def snapshot(self) -> Snapshot:
        """What they stand on, and what `follow` keeps as the cluster is."""
        return self.judge.snapshot

    def again(self, changes: Changes, there: Mapping[Key, Pod]) -> Iterator[tuple[Verdict | None, Verdict | None]]:
        """What was, and what is now the verdict on each pod that had to be judged; None where it is not there.

        `there` are the pods as they are now.
        """
        known = self.verdicts
        unsettled = {key for key, verdict in known.items() if verdict.state == "Starting"}
        new = there.keys() - known.keys()
        gone = known.keys() - there.keys()
        if not (changes.others or changes.subjects or unsettled or new or gone):
            return
        self.judge = Judge(self.snapshot, waypoints=self.judge.waypoints is not None)
        for key in sorted(gone):
            yield known.pop(key), None
        for key in sorted(there.keys() if changes.others else (changes.subjects | unsettled | new) & there.keys()):
            before = known.get(key)
            known[key] = self.judge.judge(there[key])
            yield before, known[key]
