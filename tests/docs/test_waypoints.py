"""The page and the schema of waypoints against the code, and every document against the schema."""

from __future__ import annotations

import json
from typing import get_args

import pytest
import yaml

from kubectl_ambient.mesh.waypoint.explained import explain
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.list import waypoints
from kubectl_ambient.mesh.waypoint.namespace import namespace_use
from kubectl_ambient.mesh.waypoint.traffic import ClientKind
from kubectl_ambient.render.waypoint.documents import waypoint_status_list
from kubectl_ambient.render.waypoint.explain_documents import waypoint_explanation, waypoint_explanation_list
from kubectl_ambient.render.waypoint.list_documents import waypoint_list
from tests.conformance import cases
from tests.docs.test_schema import SCHEMAS, check
from tests.golden.screens import run
from tests.lines import AIM
from tests.mesh.meshes import snapshot


def test_the_words_of_the_schema_are_those_of_the_code() -> None:
    client = SCHEMAS["WaypointExplanation"]["$defs"]["client"]["properties"]["client"]
    assert client["enum"] == list(get_args(ClientKind))
    one, many = SCHEMAS["WaypointExplanation"], SCHEMAS["WaypointExplanationList"]["$defs"]["waypointExplanation"]
    assert many["properties"] == one["properties"]


def test_every_binding_of_the_meshes_is_as_the_schema_says() -> None:
    for number in range(0, len(cases("meshes")), 5):
        judge = WaypointJudge(snapshot(number))
        check(waypoint_status_list(judge.all(), judge.assumptions, AIM))


def test_every_waypoint_and_explanation_of_the_meshes_is_as_the_schema_says() -> None:
    for number in range(0, len(cases("meshes")), 8):
        judge = WaypointJudge(snapshot(number))
        check(waypoint_list(waypoints(judge), judge.assumptions, AIM))
        explained = [explain(judge, target) for target in judge.targets()]
        uses = [namespace_use(judge, name) for name in judge.snapshot.namespaces.facts]
        check(waypoint_explanation_list(explained, uses, judge.assumptions, AIM))
        check(waypoint_explanation(explained[0], judge.assumptions, AIM))


@pytest.mark.parametrize(
    "line",
    [
        "waypoint status -A -f waypoints.yaml",
        "waypoint status -n shop -f waypoints.yaml",
        "waypoint status svc/cart -n shop -f waypoints.yaml",
        "waypoint status -A -f bare.yaml",
        "waypoint status -n empty -f waypoints.yaml",
        "waypoint list -A -f waypoints.yaml",
        "waypoint list -n empty -f waypoints.yaml",
        "waypoint list -A -f bare.yaml",
        "waypoint explain svc/till -n shop -f waypoints.yaml",
        "waypoint explain svc/web pod/web-1 serviceentry/bank ns/shop ns/infra -n shop -f waypoints.yaml",
        "waypoint explain workloadentry vm -f waypoints.yaml",
        "waypoint explain ns empty -f waypoints.yaml",
    ],
)
def test_what_is_printed_is_as_its_schema_says(line: str) -> None:
    as_json, as_yaml = run(f"{line} -o json"), run(f"{line} -o yaml")
    document = json.loads(as_json.out)
    check(document)
    assert yaml.safe_load(as_yaml.out) == document
