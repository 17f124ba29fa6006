"""The page and the schema of waypoints against the code, and every document against the schema."""

from __future__ import annotations

import json

import pytest
import yaml

from kubectl_ambient.mesh.waypoint_rules import REASONS
from kubectl_ambient.mesh.waypoints import WaypointJudge
from kubectl_ambient.render.waypoint_documents import waypoint_status_list
from tests.conformance import cases
from tests.docs.code_words import ROOT
from tests.docs.test_pages import headings
from tests.docs.test_schema import SCHEMAS, check
from tests.golden.screens import run
from tests.mesh.meshes import snapshot


def test_every_reason_has_its_section() -> None:
    text = (ROOT / "docs/waypoints.md").read_text(encoding="utf-8")
    assert sorted(headings(text, 3)) == sorted(REASONS)


def test_the_words_of_the_schema_are_those_of_the_code() -> None:
    binding = SCHEMAS["WaypointStatusList"]["$defs"]["binding"]["properties"]
    assert sorted(binding["reason"]["enum"]) == sorted(REASONS)


def test_every_binding_of_the_meshes_is_as_the_schema_says() -> None:
    for number in range(0, len(cases("meshes")), 5):
        check(waypoint_status_list(WaypointJudge(snapshot(number)).all()))


@pytest.mark.parametrize(
    "line",
    [
        "waypoint status -A -f waypoints.yaml",
        "waypoint status -n shop -f waypoints.yaml",
        "waypoint status svc/cart -n shop -f waypoints.yaml",
        "waypoint status -A -f bare.yaml",
        "waypoint status -n empty -f waypoints.yaml",
    ],
)
def test_what_is_printed_is_as_its_schema_says(line: str) -> None:
    as_json, as_yaml = run(f"{line} -o json"), run(f"{line} -o yaml")
    document = json.loads(as_json.out)
    check(document)
    assert yaml.safe_load(as_yaml.out) == document
