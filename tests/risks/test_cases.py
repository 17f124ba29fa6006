"""Each risk is raised by its case, with evidence that is there, and not by the near miss beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from kubectl_ambient.mesh.risks.catalogue import RiskCode
from tests.docs.test_schema import check
from tests.golden.screens import UPDATE, run
from tests.risks.cases import HERE, RAISED, Case, cases, codes, identity, is_there, planned, told, written

EXAMPLES = HERE.parents[1] / "examples"


def test_every_risk_has_a_case() -> None:
    assert {path.name for path in HERE.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(RiskCode)


@pytest.mark.parametrize("case", cases(), ids=str)
def test_the_case_raises_it_and_the_near_miss_does_not(case: Case) -> None:
    assert (case.code in codes(case.planned())) == case.raises


@pytest.mark.parametrize("case", [case for case in cases() if case.raises], ids=str)
def test_it_tells_whom_it_hits_and_on_which_evidence(case: Case) -> None:
    plan = case.planned()
    check(plan)
    there = {identity(item): item for item in case.objects()}
    for risk in plan["risks"]:
        assert risk["affects"], risk
        assert risk["evidence"], risk
        assert {evidence["object"] for evidence in risk["evidence"]} <= there.keys(), risk
        assert all(is_there(evidence, there[evidence["object"]], plan["edits"]) for evidence in risk["evidence"]), risk
        assert risk["severity"] in RiskCode(risk["code"]).severities
    if UPDATE:
        case.told.write_text(written(told(plan)), encoding="utf-8")
    assert told(plan) == case.to_tell(), "UPDATE_GOLDEN=1 writes it anew"


@pytest.mark.parametrize(
    ("code", "key"),
    [
        (RiskCode.OVN_GATEWAY_MODE, "readinessProbe"),
        (RiskCode.SECURITY_GROUPS_FOR_PODS, "readinessProbe"),
        (RiskCode.SECURITY_GROUPS_FOR_PODS, "annotations"),
    ],
)
def test_pods_without_probes_or_without_an_interface_of_their_own_are_not_hit(
    code: RiskCode, key: str, tmp_path: Path
) -> None:
    text = Case(code, RAISED).path.read_text(encoding="utf-8")
    objects = list(yaml.safe_load_all(text))
    pod = next(o for o in objects if o["kind"] == "Pod")
    assert any(place.pop(key, None) for place in (pod["metadata"], *pod["spec"]["containers"]))
    path = tmp_path / "raised.yaml"
    path.write_text(f"{text.splitlines()[0]}\n{yaml.safe_dump_all(objects)}", encoding="utf-8")
    assert code not in codes(planned(path, "-f", str(path)))


@pytest.mark.parametrize("goal", ["enable", "disable"])
def test_the_healthy_example_risks_nothing(goal: str) -> None:
    screen = run(f"{goal} ns shop --plan -f {EXAMPLES} -o json")
    assert json.loads(screen.out)["risks"] == []
