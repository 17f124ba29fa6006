"""What is declared of findings and reasons, against the code that raises them."""

from __future__ import annotations

import ast
from enum import StrEnum
from pathlib import Path
from typing import get_args

import pytest

import kubectl_ambient
from kubectl_ambient.mesh.catalogue import CanaryReason, Code, Reason, Severity, WaypointReason
from kubectl_ambient.mesh.evidence import Finding

PACKAGE = Path(kubectl_ambient.__file__).parent
TREES = {
    path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")
}
DECLARED = "mesh/catalogue.py"


def test_no_word_is_written_a_second_time() -> None:
    words = {*Code, *Reason, *WaypointReason, *CanaryReason} - {"HostNetwork"}  # the name of a rule as well
    found = {
        (place, node.value)
        for place, tree in TREES.items()
        for node in ast.walk(tree)
        if place != DECLARED and isinstance(node, ast.Constant) and node.value in words
    }
    assert found == set()


def test_findings_are_raised_by_what_is_declared() -> None:
    """`Finding.of` knows the severities; so nothing else makes one."""
    calls = [
        (place, ast.unparse(node.func))
        for place, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    ]
    assert {place for place, made in calls if made == "Finding"} == set()
    assert {place for place, made in calls if made == "Finding.of"} >= {"mesh/labels/lint.py"}


@pytest.mark.parametrize("declared", [Code, Reason, WaypointReason, CanaryReason])
def test_nothing_is_declared_in_vain(declared: type[StrEnum]) -> None:
    used = {
        node.attr
        for place, tree in TREES.items()
        for node in ast.walk(tree)
        if place.startswith("mesh/")
        and isinstance(node, ast.Attribute)
        and ast.unparse(node.value) == declared.__name__
    }
    assert used & set(declared.__members__) == set(declared.__members__)


@pytest.mark.parametrize("code", Code)
def test_a_finding_has_the_severities_that_are_declared_and_no_other(code: Code) -> None:
    assert set(code.severities) <= set(get_args(Severity))
    assert Finding.of(code, "so it is").severity == code.severities[0]
    for severity in get_args(Severity):
        if severity in code.severities:
            assert Finding.of(code, "so it is", severity=severity).severity == severity
        else:
            with pytest.raises(AssertionError, match=f"{code} is not declared as {severity}"):
                Finding.of(code, "so it is", severity=severity)


@pytest.mark.parametrize("word", [*Code, *Reason, *WaypointReason])
def test_a_meaning_is_a_sentence_without_its_ends(word: Code | Reason | WaypointReason) -> None:
    assert 10 < len(word.meaning) < 80
    assert not word.meaning.endswith(".")
    assert word.meaning.startswith(("Istio", "istiod", "ambient", "ServiceEntry")) or word.meaning[0].islower()
