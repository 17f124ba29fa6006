"""How the answer of `waypoint status` changes, until it is interrupted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from kubectl_ambient.cluster.kinds.pods import PODS
from kubectl_ambient.cluster.needs.watched import of_waypoints
from kubectl_ambient.cluster.reading.watch import follow
from kubectl_ambient.mesh.waypoint.binding import Binding
from kubectl_ambient.mesh.waypoint.rules import Target, kind_of
from kubectl_ambient.runs.place import Cluster
from kubectl_ambient.runs.watching import Change, Outage
from kubectl_ambient.runs.waypoint.source import WaypointSource

Key = tuple[str, str, str]


def watch_waypoints(
    source: WaypointSource, bindings: Sequence[Binding], output: str
) -> Iterator[Change[Binding] | Outage]:
    """What changes of what `output` shows, one by one, until interrupted or the time of a request is over.

    Nothing is judged while a watch is not up to date. Raises KubeError where the watch is lost.
    """
    assert isinstance(source.place, Cluster)
    shown: dict[Key, Binding] = {(found.kind, found.namespace, found.name): found for found in bindings}
    watched = partial(of_waypoints, needs=source.needs)
    for changes in follow(source.place.client, source.judge.snapshot, watched, subjects=[PODS]):
        source.tell_late(changes.lost)
        yield from map(Outage, changes.outage)
        if not changes.current or not (changes.others or changes.subjects):
            continue
        source.look_again()
        there = {_key(target): target for target in source.targets}
        yield from (Change(shown.pop(key), gone=True) for key in sorted(shown.keys() - there.keys()))
        pods = {("Pod", *key) for key in changes.subjects}
        for key in there if changes.others else (key for key in there if key in pods):
            binding = source.judge.of(there[key])
            before = shown.get(key)
            shown[key] = binding
            if before is None or _row(before, output) != _row(binding, output):
                yield Change(binding)


def _key(target: Target) -> Key:
    return kind_of(target), target.namespace, target.name


def _row(binding: Binding, output: str) -> tuple[object, ...]:
    """What counts as a change: what is shown, and findings; not the ages in a sentence, nor remarks in rows."""
    documents = output in ("json", "yaml")
    codes = tuple((f.code, f.severity) for f in binding.findings if documents or f.severity != "info")
    row = (binding.waypoint, binding.unknown, binding.traffic, binding.reason, binding.needs_attention, codes)
    return (*row, binding.inherited_from, binding.condition) if documents or output == "wide" else row
