"""A plan of a cluster tells what the plan of files tells that hold all of it: what was not read did not matter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from tests.fuzz.budget import fuzzed
from tests.fuzz.change_scenes import scenes
from tests.fuzz.files import written
from tests.fuzz.program import ambient
from tests.fuzz.server import PLAIN, ClusterServer
from tests.fuzz.test_live import answers
from tests.fuzz.words import Fields

CHANGES = (
    "enable ns shop",
    "enable ns shop pay",
    "enable pod web -n shop",
    "enable pods -l app=cart -n pay",
    "disable ns shop",
    "disable ns shop edge",
    "disable pod web -n shop",
    "waypoint enable ns shop --waypoint wp --force",
    "waypoint enable svc web -n shop --waypoint wp --force",
    "waypoint enable svc web -n shop --waypoint wp --waypoint-namespace edge --force",
    "waypoint disable ns shop",
    "waypoint disable svc web -n shop",
)


@pytest.mark.parametrize("change", CHANGES)
@fuzzed()
@given(objects=scenes())
def test_a_plan_of_files_is_that_of_the_cluster(
    folder: Path, server: ClusterServer, change: str, objects: list[Fields]
) -> None:
    words = [*change.split(), "--plan", "-o", "json"]
    live = answers(server, objects, PLAIN, words)
    files = ambient(*words, *written(folder, objects, "one.json"))
    assert live.code == files.code, (live, files)
    if files.out:
        assert told(live.document()) == told(files.document())


def told(plan: Any) -> Any:
    """Without what is taken for granted, of which files and a cluster leave out different things."""
    return {part: plan[part] for part in plan if part not in ("assumptions", "undo", "metadata")}
