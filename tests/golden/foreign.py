"""Files in which a stranger wrote what drives terminals, and forges lines, into every place that holds a text."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from tests.golden.screens import SNAPSHOTS

FORGED = "SPOOFED"
# After a line end of each kind comes what must begin no line; the colours are those that we use ourselves.
MARKER = (
    f"\n{FORGED}\r\n{FORGED}\r{FORGED}\x85{FORGED}\u2028{FORGED}\u2029{FORGED}\v{FORGED}\f{FORGED}"
    "\x1b[31m✖\x1b[0m\x1b]0;title\x07\x9b2J\x1b[2K\t\x08\x00\u202e\u2066\u200b\u200d\xad\u061c\ufeff"
    "\U000e0041\U000e007f\U000e0100\ufe01\u3164\u2800\ue000\U000f0000\ufff9"
    "e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301"
)
Object = dict[str, Any]
# What says which object it is, or what it is read as: a stranger's word there makes it none that is looked at.
_READ_BY = {"apiVersion", "kind", "clusterIP", "podIP", "type", "observedGeneration"}


def objects() -> list[Object]:
    """Those of the snapshots that the golden screens show."""
    found: list[Object] = []
    for name in ("mesh.yaml", "waypoints.yaml", "labels.yaml", "plan.yaml"):
        found += [o for o in yaml.safe_load_all(Path(SNAPSHOTS / name).read_text(encoding="utf-8")) if o]
    return [inner for o in found for inner in (o["items"] if o["kind"].endswith("List") else [o])]


def marked(found: list[Object], seed: int) -> list[Object]:
    """The objects with the marker in their texts: by the seed in all of them, in most, or in few."""
    chance = random.Random(seed)
    share = chance.choice((0.03, 0.1, 0.3, 1.0))
    return [_marked(o, share, chance) for o in found]


def _marked(value: Any, share: float, chance: random.Random, key: str = "") -> Any:
    again: Callable[..., Any] = lambda inner, key="": _marked(inner, share, chance, key)  # noqa: E731
    if isinstance(value, dict):
        free = key in ("labels", "annotations", "data", "matchLabels")
        return {again(k) if free and chance.random() < 0.2 else k: again(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [again(inner, key) for inner in value]
    if isinstance(value, str) and key not in _READ_BY and chance.random() < share:
        return chance.choice((MARKER, f"{value}{MARKER}", f"{MARKER}{value}", f"{value[:3]}{MARKER}{value[3:]}"))
    return value
