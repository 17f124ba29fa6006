"""Snapshots of facts, as a test writes them down: lists, dicts by key, or why nothing is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from msgspec import structs

from kubectl_ambient.cluster.facts import Event, Namespace, Node, Unread, Workload
from kubectl_ambient.cluster.found import EVERYWHERE, Found
from kubectl_ambient.cluster.installation_facts import Webhook
from kubectl_ambient.cluster.kinds.gateways import GatewayClass
from kubectl_ambient.cluster.kinds.labelled import Labelled
from kubectl_ambient.cluster.snapshot import Snapshot

_OTHERS = ("missing", "now", "from_files", "whole", "ztunnels", "kept_policies", "odd_pods", "gone_pods")


def snapshot(**parts: Any) -> Snapshot:
    """Each part a list of facts, a dict of facts and of Unreads by key, or an Unread for all of it."""
    return Snapshot(**{name: part if name in _OTHERS else found(part) for name, part in parts.items()})


def found(part: Found[Any] | Unread | Mapping[str, Any] | Iterable[Any]) -> Found[Any]:
    """One part."""
    if isinstance(part, Found):
        return part
    if isinstance(part, Unread):
        return Found.refused(part)
    if isinstance(part, Mapping):
        facts = {key: value for key, value in part.items() if not isinstance(value, Unread)}
        unread = {key: value for key, value in part.items() if isinstance(value, Unread)}
        return Found(facts=facts, unread=unread, places={EVERYWHERE})
    numbers: defaultdict[str, Iterator[int]] = defaultdict(count)
    return Found.of(part, lambda fact: key_of(fact) or f"{_whose(fact)}#{next(numbers[_whose(fact)]):03}")


def _whose(fact: Webhook | Event) -> str:
    return fact.configuration if isinstance(fact, Webhook) else ""


def key_of(fact: Any) -> str:
    """The key that a Snapshot has a fact by; empty for what is only counted."""
    match fact:
        case Workload() | Labelled():
            return fact.ref
        case Namespace() | Node() | GatewayClass():
            return fact.name
        case Webhook() | Event():
            return ""
    return f"{fact.namespace}/{fact.name}"


def altered(before: Snapshot, **parts: Any) -> Snapshot:
    """The snapshot with these parts instead, written down as in `snapshot`."""
    return structs.replace(before, **{n: part if n in _OTHERS else found(part) for n, part in parts.items()})
