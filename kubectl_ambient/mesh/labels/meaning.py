"""Which key a misspelt one was meant to be. Only what is close to a key of the reference is taken for one."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from kubectl_ambient.cluster.label_keys import DOMAIN, distance, is_domain, squashed
from kubectl_ambient.mesh.labels.entry import (
    CANARY,
    DATAPLANE_MODE,
    INGRESS_USE_WAYPOINT,
    INJECT,
    INJECTION,
    REVISION,
    USE_WAYPOINT,
    USE_WAYPOINT_NAMESPACE,
    WAYPOINT_FOR,
    Entry,
    Source,
)
from kubectl_ambient.mesh.labels.known_keys import KNOWN_KEYS
from kubectl_ambient.mesh.labels.reference import REFERENCE

_REFERENCE_KEYS = frozenset(entry.key for entry in REFERENCE)
# What people write below istio.io that is no slip of the finger; of waypoints, below any name of Istio's.
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
    "waypointcanary": CANARY,
    "waypointcanarynamespace": f"{CANARY}-namespace",
    "waypointcanaryns": f"{CANARY}-namespace",
    "usewaypointcanaryns": f"{CANARY}-namespace",
    "waypointcanaryweight": f"{CANARY}-weight",
    "ingresswaypoint": INGRESS_USE_WAYPOINT,
    "revision": REVISION,
    "inject": INJECT,
    "injection": INJECTION,
    "sidecarinject": INJECT,
    "sidecarinjection": INJECT,
}
_INJECT_PREFIX = INJECT.rpartition("/")[0]
# Names that say enough without their prefix, or with another one; `rev` or `inject` may be anybody's.
_TELLING = (
    DATAPLANE_MODE,
    USE_WAYPOINT,
    USE_WAYPOINT_NAMESPACE,
    WAYPOINT_FOR,
    INGRESS_USE_WAYPOINT,
    CANARY,
    f"{CANARY}-namespace",
    f"{CANARY}-weight",
)
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
    key = _turned(key)
    if word := _other_word(key):
        return next(entry for entry in REFERENCE if entry.key == word)
    found = [(_slips(key, entry), entry.source != source, place) for place, entry in enumerate(REFERENCE)]
    close = [candidate for candidate in found if candidate[0] >= 0]
    return REFERENCE[min(close)[2]] if close else None


def _turned(key: str) -> str:
    """`io.istio/rev`, which follows the order of Java's packages, the right way round."""
    prefix, slash, name = key.rpartition("/")
    parts = prefix.split(".")
    return f"{'.'.join(reversed(parts))}{slash}{name}" if parts[:2] == ["io", "istio"] else key


def _other_word(key: str) -> str | None:
    """The key that is meant by another word for it."""
    prefix, _, name = key.rpartition("/")
    text = squashed(name)
    if prefix == _INJECT_PREFIX and text == "injection":
        return INJECT
    near = distance(prefix.lower(), DOMAIN) <= _NEAR or ("waypoint" in text and is_domain(prefix))
    return _OTHER_WORDS.get(text) if near else None


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
    slips = distance(text, right)
    if away > _NEAR and entry.key not in _TELLING and (slips or not _is_of_words(right_name)):
        return -1
    return slips + away if slips <= _allowed(right) else -1


def _without_prefix(whole: str, right: str, right_name: str) -> int:
    """`istio.io.dataplane-mode`, `dataplane-mode`, `istio-dataplane-mode`; `istio-injecton`, `istio.io/injection`."""
    if whole in (right_name, f"istio{right_name}"):
        return 1
    slips = distance(whole, right)
    return slips if slips <= _allowed(right) else -1


def _is_of_words(name: str) -> bool:
    """Whether it is of several words (`dns-capture`, `nativeSidecar`), and so under any of Istio's names no other's."""
    return "-" in name or name.lower() != name


def _allowed(text: str) -> int:
    """How many slips a text of this length may have and still be known again."""
    return 2 if len(text) >= 10 else 1 if len(text) >= 6 else 0
