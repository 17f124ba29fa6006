"""What a change of waypoint labels does: every object that an edit reaches, judged before it and after it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeVar

from msgspec import Struct, structs

from kubectl_ambient.change.planned import PlannedChange
from kubectl_ambient.change.targets import WaypointTarget, key_of
from kubectl_ambient.change.waypoint.plan import WaypointEdit
from kubectl_ambient.cluster.facts import Namespace, Pod
from kubectl_ambient.cluster.found import Found
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.kinds.workload_entries import WorkloadEntry
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import Code, WaypointReason
from kubectl_ambient.mesh.evidence import tells
from kubectl_ambient.mesh.waypoint.binding import Binding
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.reference import USE_WAYPOINT
from kubectl_ambient.mesh.waypoint.rules import Target

Way = Literal["gains", "fails", "loses", "keeps", "unserved", "direct", "unknown"]
_BROKEN = (Code.WAYPOINT_DEAD, Code.GATEWAY_IS_NO_WAYPOINT)
T = TypeVar("T", Service, ServiceEntry, WorkloadEntry, Pod)


class Served(Struct, frozen=True, kw_only=True, gc=False):
    """One object before and after. `named`: it has an edit of its own, not only its Namespace."""

    target: Target
    before: Binding
    after: Binding
    named: bool

    @property
    def way(self) -> Way:
        """What becomes of it.

        fails: it gets a waypoint that does not answer. keeps: the same waypoint, or the same label of its own.
        unserved: a waypoint is meant for it, and does not serve it. direct: none is meant, as before. unknown: also
        where it goes direct now, and nobody knows whether it did before.
        """
        before, after = self.before, self.after
        if after.reason == WaypointReason.EVIDENCE_MISSING or (
            self.goes_direct and before.reason == WaypointReason.EVIDENCE_MISSING
        ):
            return "unknown"
        if not self.named and USE_WAYPOINT in self.target.labels:
            return "keeps"
        if _unused(after):
            return "unserved"
        if after.reason == WaypointReason.IS_GATEWAY and not self.named:
            return "direct"
        if after.waypoint is not None:
            if before.waypoint == after.waypoint:
                return "keeps"
            return "fails" if tells(after.findings, *_BROKEN) else "gains"
        if before.waypoint is not None:
            return "direct" if _unused(before) else "loses"
        return "direct" if self.goes_direct else "unserved"

    @property
    def goes_direct(self) -> bool:
        """No waypoint is meant for it, afterwards."""
        return self.after.reason in (WaypointReason.NOT_LABELED, WaypointReason.OPTED_OUT)

    @property
    def unused(self) -> bool:
        """A waypoint is bound to it, and nothing ever leads there."""
        return _unused(self.after)


def _unused(binding: Binding) -> bool:
    return binding.waypoint is not None and binding.leads is False


class WaypointEffects(Struct, frozen=True, kw_only=True):
    """All objects that the edits reach; `before` and `after` judge the cluster without and with them."""

    objects: tuple[Served, ...]
    before: WaypointJudge
    after: WaypointJudge

    def of(self, way: Way) -> list[Served]:
        """The objects that go this way."""
        return [served for served in self.objects if served.way == way]


class WaypointChange(PlannedChange[WaypointEdit], frozen=True, kw_only=True):
    """The edits, and what they do."""

    goal: str
    effects: WaypointEffects


def change_of(snapshot: Snapshot, goal: str, edits: Sequence[WaypointEdit]) -> WaypointChange:
    """The edits with their effects on the snapshot. Refused ones are kept, and do nothing."""
    return WaypointChange(goal=goal, edits=tuple(edits), effects=effects(snapshot, edits))


def effects(snapshot: Snapshot, edits: Sequence[WaypointEdit]) -> WaypointEffects:
    """What the edits do to the objects of the snapshot, and to those of the edits."""
    wanted = [e for e in edits if e.action != "refuse"]
    before = WaypointJudge(_with(snapshot, (e.target for e in wanted)))
    after = WaypointJudge(_with(before.snapshot, (e.edited for e in wanted)))
    named = {key_of(e.target) for e in wanted}
    places = {e.target.name for e in wanted if isinstance(e.target, Namespace)}
    pairs = zip(before.targets(), after.targets(), strict=True)
    objects = tuple(
        Served(target=new, before=before.of(old), after=after.of(new), named=key_of(new) in named)
        for old, new in pairs
        if (new.namespace in places or key_of(new) in named) and not (isinstance(new, Pod) and new.finished)
    )
    return WaypointEffects(objects=objects, before=before, after=after)


def _with(snapshot: Snapshot, targets: Iterable[WaypointTarget]) -> Snapshot:
    """The snapshot with the labels that these objects have here; objects that it does not hold are added."""
    given = {key_of(target): target for target in targets}
    namespaces = {t.name: t for t in given.values() if isinstance(t, Namespace)}
    return structs.replace(
        snapshot,
        namespaces=structs.replace(snapshot.namespaces, facts={**snapshot.namespaces.facts, **namespaces}),
        services=_merged(snapshot.services, given, Service),
        service_entries=_merged(snapshot.service_entries, given, ServiceEntry),
        pods=_merged(snapshot.pods, given, Pod),
        workload_entries=_merged(snapshot.workload_entries, given, WorkloadEntry),
    )


def _merged(held: Found[T], given: dict[Any, WaypointTarget], kind: type[T]) -> Found[T]:
    mine = {f"{t.namespace}/{t.name}": t for t in given.values() if isinstance(t, kind)}
    # Only their labels count: an object that was chosen by a selector was read no further than that.
    changed = {k: structs.replace(held.facts[k], labels=t.labels) if k in held.facts else t for k, t in mine.items()}
    return structs.replace(held, facts={**held.facts, **changed})
