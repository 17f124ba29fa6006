"""Objects as `waypoint enable` and `waypoint disable` read them, and what lies around them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from kubectl_ambient.change.targets import kind_of
from kubectl_ambient.change.waypoint.plan import UNSET, WaypointEdit, Wish, plan
from kubectl_ambient.change.waypoint.use_waypoint import use_waypoint
from kubectl_ambient.cluster.kinds.workload_entries import WorkloadEntryObject
from kubectl_ambient.cluster.needs.waypoint_change import WaypointChangeNeeds
from kubectl_ambient.cluster.needs.waypoints import WaypointNeeds
from kubectl_ambient.cluster.reading.cluster import ask, read_cluster
from kubectl_ambient.cluster.reading.fields import wire_of
from kubectl_ambient.cluster.served import KINDS
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.cluster.wire_parts import texts
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.resources import Resource
from kubectl_ambient.runs.change.targets import Fields

_MANY = 10  # from so many namespaces on, all are read at once


def plan_fields(resource: Resource, fields: Fields, wish: Wish) -> WaypointEdit:
    """The edit of an object as it came from the API. Raises BadAnswer for fields of another type than the API's."""
    found = wire_of(resource, fields)
    own = beneath = UNSET
    if isinstance(found, WorkloadEntryObject):
        own = use_waypoint(texts(found.metadata.labels))
        beneath = use_waypoint(texts(found.spec.labels if found.spec else None))
        return plan(found.fact(), wish, own=own, beneath=beneath)
    return plan(found.fact(), wish)


def read_surroundings(
    client: Client, edits: Sequence[WaypointEdit], chunk_size: int | None
) -> tuple[Snapshot, Snapshot]:
    """What decides about the waypoints of the edits: all that a Namespace holds, else the pods around the objects.

    Besides, the same with the pods that may be sent to these waypoints, where NetworkPolicies may have a word on that:
    what could not be read of them says nothing of the waypoints.

    Raises KubeError where the connection is lost.
    """
    needs = WaypointChangeNeeds(
        waypoints=needs_of(edits, ("Pod",)),
        homes=tuple(dict.fromkeys(edit.home for edit in edits)),
        kinds=frozenset(kind_of(edit.target) for edit in edits),
    )
    snapshot = read_cluster(client, needs, now=datetime.now(UTC), chunk_size=chunk_size)
    asks = needs.around(snapshot)
    if not asks:
        return snapshot, snapshot
    around = snapshot.apart()
    ask(client, around, asks, chunk_size)
    ask(client, around, needs.callers(around), chunk_size)
    return snapshot, around


def needs_of(edits: Sequence[WaypointEdit], kinds: tuple[str, ...]) -> WaypointNeeds:
    """What is to be known of the edits; kinds: what is read where none is of a Namespace, which wants all."""
    names = tuple(dict.fromkeys(edit.home for edit in edits))
    whole = any(kind_of(edit.target) == "Namespace" for edit in edits)
    homes = {value.namespace for edit in edits for value in (edit.before, edit.beneath, edit.after) if value.namespace}
    return WaypointNeeds(
        namespaces=() if len(names) > _MANY else names,
        kinds=KINDS if whole else kinds,
        homes=frozenset(homes),
        around=True,
    )
