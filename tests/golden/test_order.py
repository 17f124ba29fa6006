"""What stands where on a screen follows from what is told, never from the order in which the files hold it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.golden.screens import SNAPSHOTS, run

LINES = {
    "mesh.yaml": (
        "status -A --pods",
        "status -n blog",
        "explain ns blog shop legacy",
        "explain deploy web -n blog",
        "labels -A",
    ),
    "labels.yaml": ("labels -A", "labels svc,deploy -n shop"),
    "waypoints.yaml": (
        "waypoint list -A",
        "waypoint status -A --all",
        "waypoint explain ns shop",
        "waypoint explain svc/web svc/cart -n shop",
        "explain ns shop",
    ),
}


def objects(name: str) -> list[Any]:
    found: list[Any] = []
    for document in yaml.safe_load_all((SNAPSHOTS / name).read_text(encoding="utf-8")):
        found += document["items"] if document and document["kind"] == "List" else [document] if document else []
    return found


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same fields in another order; lists stay as they are, as their order means something."""
    if not isinstance(value, dict):
        return value
    fields = list(value.items())
    chance.shuffle(fields)
    return {key: shuffled(field, chance) for key, field in fields}


@pytest.mark.parametrize(("name", "line"), [(name, line) for name, lines in LINES.items() for line in lines])
def test_the_order_of_the_input_does_not_show(tmp_path: Path, name: str, line: str) -> None:
    found = objects(name)
    screens = set()
    for seed in range(3):
        chance = random.Random(seed)
        if seed:
            chance.shuffle(found)
            found = [shuffled(each, chance) for each in found]
        (tmp_path / name).write_text(yaml.safe_dump_all(found, sort_keys=False), encoding="utf-8")
        screens.add(str(run(f"{line} -f {tmp_path / name}", columns=80)))
    assert len(screens) == 1
