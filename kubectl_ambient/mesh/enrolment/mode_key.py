"""Labels that were meant to be istio.io/dataplane-mode, and are not: Istio does not know their keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from kubectl_ambient.cluster.facts import DATAPLANE_MODE
from kubectl_ambient.cluster.label_keys import distance, squashed

_NAME = squashed(DATAPLANE_MODE.rpartition("/")[2])
_OTHER_WORDS = ("dataplane", "mode", "ambient", "ambientmode")
_SLIPS = 2


def misspelt_modes(labels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Their keys and values; none beside the right key, which is the one that counts."""
    if DATAPLANE_MODE not in labels:
        yield from ((key, value) for key, value in labels.items() if _is_meant(key))


@lru_cache(maxsize=4096)
def _is_meant(key: str) -> bool:
    text = squashed(key.rpartition("/")[2])
    if text not in _OTHER_WORDS and distance(text, _NAME) > _SLIPS:
        return False
    # Only where there is such a key: the reference of all labels takes longer to import than to ask.
    from kubectl_ambient.mesh.labels.meaning import misspelt

    entry = misspelt(key, "label")
    return entry is not None and entry.key == DATAPLANE_MODE
