"""Objects as `waypoint enable` and `waypoint disable` read them, and what lies around them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from kubectl_ambient.change.targets import kind_of
from kubectl_ambient.change.waypoint.plan import UNSET, WaypointEdit, Wish, plan
from kubectl_ambient.change.waypoint.use_waypoint import use_waypoint
from kubectl_ambient.cluster import wire
from kubectl_ambient.cluster.l7 import wire as wire_l7
from kubectl_ambient.cluster.l7.facts import KINDS
from kubectl_ambient.cluster.l7.live import read_around
from kubectl_ambient.cluster.needs import of_namespaces
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.cluster.wire_parts import texts
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import BadAnswer
from kubectl_ambient.kube.resources import Resource
from kubectl_ambient.runs.change.targets import Fields

_MANY = 10  # from so many namespaces on, all are read at once
_WIRE: dict[str, Any] = {
    "Namespace": wire.Namespace,
    "Pod": wire.Pod,
    "Service": wire_l7.Service,
    "ServiceEntry": wire_l7.ServiceEntry,
    "WorkloadEntry": wire_l7.WorkloadEntry,
}


def plan_fields(resource: Resource, fields: Fields, wish: Wish) -> WaypointEdit:
    """The edit of an object as it came from the API. Raises BadAnswer for fields of another type than the API's."""
    try:
        found = msgspec.convert(fields, _WIRE[resource.kind])
    except msgspec.ValidationError as error:
        name = str((fields.get("metadata") or {}).get("name") or "")
        raise BadAnswer(f'error: {resource.name_for_output} "{name}" cannot be read: {error}') from None
    own = beneath = UNSET
    if isinstance(found, wire_l7.WorkloadEntry):
        own = use_waypoint(texts(found.metadata.labels))
        beneath = use_waypoint(texts(found.spec.labels if found.spec else None))
        return plan(found.fact(), wish, own=own, beneath=beneath)
    return plan(found.fact(), wish)


def read_surroundings(client: Client, edits: Sequence[WaypointEdit], chunk_size: int | None) -> Snapshot:
    """What decides about the waypoints of the edits: all that a Namespace holds, else the pods around the objects.

    Raises KubeError where the connection is lost.
    """
    names = list(dict.fromkeys(edit.home for edit in edits))
    needs = of_namespaces(() if len(names) > _MANY else names, chunk_size=chunk_size)
    whole = any(kind_of(edit.target) == "Namespace" for edit in edits)
    homes = {value.namespace for edit in edits for value in (edit.before, edit.beneath, edit.after) if value.namespace}
    return read_around(client, needs, now=datetime.now(UTC), kinds=KINDS if whole else ("Pod",), homes=homes)
