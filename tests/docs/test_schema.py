"""Every document that the tool prints is held to its published schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from kubectl_ambient.cluster.facts import Workload
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.enrolment.rules import RULES
from kubectl_ambient.mesh.fixes import fixes
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.state import STATES
from kubectl_ambient.mesh.subjects import namespace_subject, workload_subject
from kubectl_ambient.mesh.waypoint import rules as waypoint_rules
from kubectl_ambient.render import documents
from tests.docs.reading import ROOT
from tests.golden.screens import run
from tests.lines import AIM
from tests.mesh.test_properties import a_snapshot, brief, some_parts, without

SCHEMAS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "docs/schema").glob("*.json")}


def check(document: dict[str, Any]) -> None:
    """Raise unless the document is as the schema of its kind says."""
    Draft202012Validator(SCHEMAS[document["kind"]]).validate(document)


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every part of a schema that describes an object."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for part in schema.values():
            yield from objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects(part)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_schema_is_closed_and_complete(kind: str) -> None:
    schema = SCHEMAS[kind]
    Draft202012Validator.check_schema(schema)
    assert schema["$id"].endswith(f"/docs/schema/{kind}.json")
    for part in objects(schema):
        if "properties" not in part:
            assert part["additionalProperties"], "a map says what its values are"
            continue
        assert part["additionalProperties"] is False
        assert part["required"] == list(part["properties"])


def test_schemas_share_their_parts() -> None:
    for name in {name for schema in SCHEMAS.values() for name in schema["$defs"]}:
        shapes = [schema["$defs"][name] for schema in SCHEMAS.values() if name in schema["$defs"]]
        assert all(shape == shapes[0] for shape in shapes), name
    one, many = dict(SCHEMAS["Explanation"]["properties"]), SCHEMAS["ExplanationList"]["$defs"]["explanation"]
    assert many["properties"] == one


def test_the_sums_of_the_schema_are_those_of_the_code() -> None:
    assert SCHEMAS["StatusList"]["$defs"]["summary"]["required"] == ["pods", *STATES, "unserved"]


@pytest.mark.parametrize(
    "line",
    [
        "status -A -f mesh.yaml",
        "status -n blog -f mesh.yaml",
        "status -n empty -f mesh.yaml",
        "status -A -f bare.yaml",
        "status --nodes -f mesh.yaml",
        "status --nodes -f bare.yaml",
        "status --nodes --whole-cluster -f dead.yaml",
        "status -A --whole-cluster -f dead.yaml",
        "explain ns shop till --whole-cluster -f dead.yaml",
        "status --nodes -f mesh.yaml -f disabled.yaml",
        "status -A -f mesh.yaml -f selectors.yaml",
        "status -A -f mesh.yaml -f refused.yaml",
        "status -A -f mesh.yaml -f disabled.yaml",
        "explain pod till -n shop -f mesh.yaml",
        "explain pod orphan -n lost -f mesh.yaml",
        "explain pods -l app=web --policies -n shop -f policies.yaml",
        "explain pods -l app=web -n blog -f mesh.yaml",
        "explain ns blog shop empty -f mesh.yaml",
        "explain deploy/web sts/cache deploy/idle -n blog -f mesh.yaml",
        "explain ns blog -f mesh.yaml -f selectors.yaml",
        "explain ns blog -f mesh.yaml -f refused.yaml",
        "explain ns blog -f bare.yaml",
        "labels",
        "labels use-waypoint istio.io/rev",
        "labels -A -f labels.yaml",
        "labels ns/shop svc/web svc/cart -f labels.yaml",
        "labels -A -f mesh.yaml",
        "enable ns shop --plan -f plan.yaml",
        "enable deploy cart -n shop --plan -f plan.yaml",
        "disable ns pay --plan -f plan.yaml",
        "disable deploy till -n pay --opt-out --plan -f plan.yaml",
        "waypoint disable ns shop --plan -f waypoints.yaml",
        "waypoint enable svc cart -n shop --plan -f waypoints.yaml",
        "policy status -A -f policies.yaml",
        "policy status -n shop --pods -f policies.yaml",
        "policy explain ap/allow-web -n shop -f policies.yaml",
        "policy explain ap/cart-get pa/default -n shop -f policies.yaml",
        "path --matrix -n shop -f policies.yaml",
        "path --matrix -A --port 8080 -f mesh.yaml",
        "path --matrix -A -f bare.yaml",
        "path outside pod/web-1 -n shop -f policies.yaml",
        "path node svc/cart -n shop -f policies.yaml",
        "check -A -f mesh.yaml",
        "check -A -f policies.yaml --only policies",
        "check -n shop -f bare.yaml",
    ],
)
def test_what_is_printed_is_as_its_schema_says(line: str) -> None:
    as_json, as_yaml = run(f"{line} -o json"), run(f"{line} -o yaml")
    document = json.loads(as_json.out)
    check(document)
    assert yaml.safe_load(as_yaml.out) == document
    assert list(yaml.safe_load(as_yaml.out)) == list(document)


@brief
@given(a_snapshot(), st.one_of(st.just(set()), some_parts))
def test_any_snapshot_becomes_documents_of_the_schema(snapshot: Snapshot, hidden: set[str]) -> None:
    snapshot = without(snapshot, hidden) if hidden else snapshot
    judge = Judge(snapshot, waypoints=True)
    judgements = [judge.explain(pod) for pod in snapshot.pods]
    verdicts = [j.verdict for j in judgements]
    of_mesh = judge.mesh_findings(verdicts, snapshot.namespaces.facts)
    homes = snapshot.namespaces.facts
    status = documents.status_list(verdicts, judge.installation, of_mesh, judge.assumptions, AIM, homes)
    check(status)
    explained = [documents.explanation(j, fixes(j, snapshot), judge.assumptions, AIM) for j in judgements]
    rules = [*(rule.name for rule in RULES), *(f"Waypoint{rule.name}" for rule in waypoint_rules.RULES)]
    for document in explained:
        check(document)
        assert [step["rule"] for step in document["steps"]] == rules
        of_waypoint = {step["outcome"] for step in document["steps"] if step["rule"].startswith("Waypoint")}
        assert of_waypoint <= {"pass", "skipped", "unknown"}
    workloads: list[Workload] = list(snapshot.workloads.facts.values())
    subjects = [
        *(namespace_subject(judge, name, judgements) for name in snapshot.namespaces.facts),
        *(workload_subject(judge, workload, judgements) for workload in workloads),
    ]
    check(documents.explanation_list(explained, judge.assumptions, [documents.subject(s, AIM) for s in subjects]))
    assert json.loads(documents.as_json(status)) == status
    assert yaml.safe_load(documents.as_yaml(status)) == status


def test_a_schema_refuses_what_it_does_not_know() -> None:
    document = json.loads(run("status -n shop -f mesh.yaml -o json").out)
    valid = Draft202012Validator(SCHEMAS["StatusList"]).is_valid
    changes: list[dict[str, Any]] = [{"extra": 1}, {"kind": "List"}, {"istio": {}}, {"items": [{"name": "web"}]}]
    assert valid(document)
    for change in changes:
        assert not valid({**document, **change}), change
