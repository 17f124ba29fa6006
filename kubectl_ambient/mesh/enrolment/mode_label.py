"""The label istio.io/dataplane-mode: keys that were meant to be it, and the commands that set it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from kubectl_ambient.cluster.facts import DATAPLANE_MODE
from kubectl_ambient.cluster.label_keys import distance, squashed
from kubectl_ambient.shell.command import Command, kubectl, offered
from kubectl_ambient.shell.words import Word

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


def overwrite(value: str | None) -> tuple[str, ...]:
    """The flag where the label to be changed has this value: `enable` and `disable` keep what is not theirs."""
    return () if value in (None, "ambient") else ("--overwrite",)


def corrected(value: str, *target: str | Word) -> Command | None:
    """The command that sets what a mistyped value was meant to be; None where that cannot be told."""
    # Only where there is such a value: the reference of all labels takes longer to import than to ask.
    from kubectl_ambient.mesh.labels.reference import entry_of
    from kubectl_ambient.mesh.labels.values import meant

    entry = entry_of(DATAPLANE_MODE, "label")
    match meant(entry, value) if entry else None:
        case "ambient":
            return offered(kubectl("ambient enable", *target, "--overwrite"))
        case "none":
            return offered(kubectl("ambient disable", *target, "--opt-out --overwrite"))
    return None
