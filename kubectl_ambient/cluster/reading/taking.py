"""Objects of a kind, whole or as wire types, into a snapshot: by the entry of the kind."""

from __future__ import annotations

from typing import Any

from kubectl_ambient.cluster.found import Found
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.snapshot import Snapshot


def part(snapshot: Snapshot, kind: Kind[Any]) -> Found[Any]:
    """Where the facts of the kind are."""
    found: Found[Any] = getattr(snapshot, kind.part)
    return found


def keys_and_facts(kind: Kind[Any], found: Any) -> list[tuple[str, Any]]:
    """The facts of one object by their keys."""
    return keyed(kind, found.metadata.namespace or "", found.metadata.name or "", found)


def keyed(kind: Kind[Any], namespace: str, name: str, found: Any) -> list[tuple[str, Any]]:
    """The same of an object of this name: several facts of one object are numbered."""
    key = kind.path(namespace, name)
    facts = (*kind.facts(found),)
    if len(facts) == 1:
        return [(key, facts[0])]
    return [(f"{key}#{number:03}", fact) for number, fact in enumerate(facts)]
