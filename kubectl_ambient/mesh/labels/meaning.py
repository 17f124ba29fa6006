"""Which key a misspelt one was meant to be. Only what is close to a key of the reference is taken for one."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from kubectl_ambient.cluster.label_keys import DOMAIN, distance, is_domain, squashed
from kubectl_ambient.mesh.labels.entry import Entry, Source
from kubectl_ambient.mesh.labels.known_keys import KNOWN_KEYS
from kubectl_ambient.mesh.labels.reference import (
    CANARY,
    DATAPLANE_MODE,
    INGRESS_USE_WAYPOINT,
    INJECT,
    INJECTION,
    REFERENCE,
    REVISION,
    USE_WAYPOINT,
    USE_WAYPOINT_NAMESPACE,
    WAYPOINT_FOR,
)

_REFERENCE_KEYS = frozenset(entry.key for entry in REFERENCE)
# What people write below istio.io that is no slip of the finger.
_OTHER_WORDS = {
    "dataplane": DATAPLANE_MODE,
    "mode": DATAPLANE_MODE,
    "ambient": DATAPLANE_MODE,
    "ambientmode": DATAPLANE_MODE,
    "waypoint": USE_WAYPOINT,
    "waypointname": USE_WAYPOINT,
    "waypointnamespace": USE_WAYPOINT_NAMESPACE,
    "waypointns": USE_WAYPOINT_NAMESPACE,
    "usewaypointns": USE_WAYPOINT_NAMESPACE,
    "ingresswaypoint": INGRESS_USE_WAYPOINT,
    "revision": REVISION,
    "inject": INJECT,
    "injection": INJECTION,
    "sidecarinject": INJECT,
    "sidecarinjection": INJECT,
}
# Names that say enough without their prefix, or with another one; `rev` or `inject` may be anybody's.
_TELLING = (DATAPLANE_MODE, USE_WAYPOINT, USE_WAYPOINT_NAMESPACE, WAYPOINT_FOR, INGRESS_USE_WAYPOINT, CANARY)
_NEAR = 2  # slips that the prefix may have


def misspelt(key: str, source: Source, others: Collection[str] = ()) -> Entry | None:
    """The entry that a key was meant to be; None for a key that is right, Istio's own, or somebody else's.

    `others` are keys that mean something in this cluster, as those of custom enablement selectors.
    """
    return None if key in others else _misspelt(key, source)


@lru_cache(maxsize=4096)
def _misspelt(key: str, source: Source) -> Entry | None:
    if key in KNOWN_KEYS or key in _REFERENCE_KEYS:
        return None
    prefix, _, name = key.rpartition("/")
    if word := _OTHER_WORDS.get(squashed(name)) if distance(prefix.lower(), DOMAIN) <= _NEAR else None:
        return next(entry for entry in REFERENCE if entry.key == word)
    found = [(_slips(key, entry), entry.source != source, place) for place, entry in enumerate(REFERENCE)]
    close = [candidate for candidate in found if candidate[0] >= 0]
    return REFERENCE[min(close)[2]] if close else None


def _slips(key: str, entry: Entry) -> int:
    """How far a key is from that of the entry, in slips; -1 where it is another key."""
    if entry.by_istio:
        return -1
    prefix, slash, name = key.rpartition("/")
    right_prefix, _, right_name = entry.key.rpartition("/")
    if (entry.key in _TELLING and not slash) or not right_prefix:
        return _without_prefix(squashed(key), squashed(entry.key), squashed(right_name))
    if not slash or not is_domain(prefix):
        return -1
    away = distance(prefix.lower().strip("."), right_prefix)
    text, right = squashed(name), squashed(right_name)
    if away > _NEAR and entry.key not in _TELLING:
        return -1
    slips = distance(text, right)
    return slips + away if slips <= _allowed(right) else -1


def _without_prefix(whole: str, right: str, right_name: str) -> int:
    """`istio.io.dataplane-mode`, `dataplane-mode`, `istio-dataplane-mode`; `istio-injecton`, `istio.io/injection`."""
    if whole in (right_name, f"istio{right_name}"):
        return 1
    slips = distance(whole, right)
    return slips if slips <= _allowed(right) else -1


def _allowed(text: str) -> int:
    """How many slips a text of this length may have and still be known again."""
    return 2 if len(text) >= 10 else 1 if len(text) >= 6 else 0
