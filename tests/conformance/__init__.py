"""Reads the compressed cases."""

from __future__ import annotations

import json
import lzma
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@cache
def cases(name: str) -> list[dict[str, Any]]:
    with lzma.open(HERE / f"{name}.jsonl.xz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@cache
def frame() -> dict[str, Any]:
    with lzma.open(HERE / "frame.json.xz", "rt", encoding="utf-8") as file:
        found: dict[str, Any] = json.load(file)
    return found
