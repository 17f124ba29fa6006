"""Each risk is raised by its case, with evidence that is there, and not by the near miss beside it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_ambient.mesh.risks.catalogue import RiskCode
from tests.docs.test_schema import check
from tests.golden.screens import run

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"


@cache
def planned(path: Path) -> dict[str, Any]:
    """The plan of the command that the first line of the file tells."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    line = first.removeprefix("# kubectl ambient ").rpartition(" -f ")[0]
    screen = run(f"{line} -f {path} -o json")
    assert screen.code in (0, 1), screen.err
    found: dict[str, Any] = json.loads(screen.out)
    return found


def codes(path: Path) -> set[str]:
    return {risk["code"] for risk in planned(path)["risks"]}


def test_every_risk_has_a_case() -> None:
    assert {path.name for path in HERE.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(RiskCode)


@pytest.mark.parametrize("code", RiskCode)
def test_the_case_raises_it_and_the_near_miss_does_not(code: RiskCode) -> None:
    assert code in codes(HERE / code / "raised.yaml")
    assert code not in codes(HERE / code / "near-miss.yaml")


@pytest.mark.parametrize("code", RiskCode)
def test_it_tells_whom_it_hits_and_on_which_evidence(code: RiskCode) -> None:
    path = HERE / code / "raised.yaml"
    check(planned(path))
    there = {
        "/".join(part for part in (o["kind"], o["metadata"].get("namespace"), o["metadata"]["name"]) if part)
        for o in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    }
    for risk in planned(path)["risks"]:
        assert risk["affects"], risk
        assert risk["evidence"], risk
        assert {evidence["object"] for evidence in risk["evidence"]} <= there, risk
        assert risk["severity"] in RiskCode(risk["code"]).severities


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
    text = (HERE / code / "raised.yaml").read_text(encoding="utf-8")
    objects = list(yaml.safe_load_all(text))
    pod = next(o for o in objects if o["kind"] == "Pod")
    assert any(place.pop(key, None) for place in (pod["metadata"], *pod["spec"]["containers"]))
    path = tmp_path / "raised.yaml"
    path.write_text(f"{text.splitlines()[0]}\n{yaml.safe_dump_all(objects)}", encoding="utf-8")
    assert code not in codes(path)


@pytest.mark.parametrize("goal", ["enable", "disable"])
def test_the_healthy_example_risks_nothing(goal: str) -> None:
    screen = run(f"{goal} ns shop --plan -f {EXAMPLES} -o json")
    assert json.loads(screen.out)["risks"] == []
