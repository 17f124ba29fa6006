"""What objects in files tell of others that the files do not hold."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_ambient.cluster.facts import NOT_IN_FILES, Unread
from kubectl_ambient.cluster.found import Found
from kubectl_ambient.cluster.kinds.gateways import WAYPOINT_CLASSES
from kubectl_ambient.cluster.snapshot import Snapshot


def namespaces_in_files(snapshot: Snapshot, named: Iterable[str]) -> None:
    """A Namespace that the files do not hold is there all the same, where they hold something of it or `named` it."""
    parts = (getattr(snapshot, name) for name in Snapshot.__struct_fields__)
    facts = (fact for found in parts if isinstance(found, Found) for fact in found)
    used = [namespace for fact in facts if (namespace := getattr(fact, "namespace", ""))]
    for name in dict.fromkeys([*used, *named]):
        if name not in snapshot.namespaces.facts:
            snapshot.namespaces.unread[name] = Unread(what=f"get namespace {name}", why=NOT_IN_FILES)


def gateways_in_files(snapshot: Snapshot) -> None:
    """Who keeps one waypoint of a namespace in these files keeps all of them there; other Gateways tell nothing."""
    gateways = snapshot.gateways
    gateways.places |= {gateway.namespace for gateway in gateways if gateway.class_name in WAYPOINT_CLASSES}
