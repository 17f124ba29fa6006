"""The 120 meshes that a real istiod judged, as snapshots."""

from __future__ import annotations

import io
import json
from functools import cache
from typing import Any

from kubectl_ambient.cluster.reading.files import read_files
from kubectl_ambient.cluster.snapshot import Snapshot
from tests.conformance import cases, frame

Mesh = dict[str, Any]
MESHES = [case["id"] for case in cases("meshes")]


def objects(mesh: Mesh) -> list[dict[str, Any]]:
    """The objects of a mesh, with those of the installation around it."""
    return [*frame()["items"], *mesh["objects"]]


@cache
def snapshot(number: int) -> Snapshot:
    """The facts of one mesh, read as `-f` reads them."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects(cases("meshes")[number])})
    found, problems = read_files(["-"], stdin=io.BytesIO(text.encode()))
    assert problems == []
    return found
