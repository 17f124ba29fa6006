"""How the answer of `status` changes, until it is interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Generic, TypeVar

from msgspec import Struct

from kubectl_ambient.cluster.scope import chosen
from kubectl_ambient.mesh.evidence import Finding
from kubectl_ambient.mesh.summary import needs_attention
from kubectl_ambient.mesh.verdict import Verdict
from kubectl_ambient.render.status import TERMINATING, is_terminating
from kubectl_ambient.runs.judged import Judged
from kubectl_ambient.runs.place import Cluster
from kubectl_ambient.runs.status import Source

T = TypeVar("T")


class Change(Struct, Generic[T], frozen=True):
    """What is now told of a pod or of another object; or, where it is gone, what was told last."""

    verdict: T
    gone: bool = False
    """Deleted, or no longer chosen by the selectors: the server tells both in the same way."""


class MeshChange(Struct, frozen=True):
    """What is now true of the mesh."""

    findings: list[Finding]


class Outage(Struct, frozen=True):
    """A sentence: the server is away, or back."""

    sentence: str


def watch_status(source: Source, output: str) -> Iterator[Change[Verdict] | MeshChange | Outage]:
    """What changes of what `output` shows, one by one, until interrupted or the time of a request is over.

    Nothing is judged while a watch is not up to date. Raises KubeError where the watch is lost.
    """
    from kubectl_ambient.cluster.kinds.pods import PODS
    from kubectl_ambient.cluster.needs.watched import of_pods
    from kubectl_ambient.cluster.reading.watch import follow

    assert isinstance(source.place, Cluster)
    snapshot = source.judge.snapshot
    judged = Judged(source.judge, {(pod.namespace, pod.name): source.judge.judge(pod) for pod in source.pods})
    mesh = source.headlines(list(judged.verdicts.values()))
    watched = partial(of_pods, scopes=[source.scope])
    for changes in follow(source.place.client, snapshot, watched, subjects=[PODS]):
        source.tell_late(changes.lost)
        yield from map(Outage, changes.outage)
        if not changes.current:
            continue
        there = {(pod.namespace, pod.name): pod for pod in chosen(snapshot, source.scope)}
        rows = []
        for before, verdict in judged.again(changes, there):
            if before and not verdict:
                rows.append(Change(before, gone=True))
            elif verdict and (before is None or _row(before, output) != _row(verdict, output)):
                rows.append(Change(verdict))
        source.judge = judged.judge
        if changes.others or rows:
            now = source.headlines(list(judged.verdicts.values()))
            if {finding.message for finding in now} != {finding.message for finding in mesh}:
                yield MeshChange(now)
            mesh = now
        yield from rows


def _row(verdict: Verdict, output: str) -> tuple[object, ...]:
    """What counts as a change: what is shown, and findings; not the ages in a sentence, nor remarks in rows."""
    documents = output in ("json", "yaml")
    codes = tuple((f.code, f.severity) for f in verdict.findings if documents or f.severity != "info")
    state = TERMINATING if is_terminating(verdict) and not documents else verdict.state
    row = (verdict.mode, state, verdict.reason, verdict.node, needs_attention(verdict), verdict.unserved, codes)
    if not (documents or output == "wide"):
        return row
    return (*row, verdict.expected, verdict.observed, verdict.after_restart, verdict.owner, verdict.waypoint)
