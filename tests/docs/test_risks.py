"""Every risk has its page, and `UPDATE_GOLDEN=1 pytest tests/docs` writes the table of them."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from kubectl_ambient import HOMEPAGE
from kubectl_ambient.mesh.catalogue import Code, Severity
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.mesh.risks.checks import CHECKS, OF_WAYPOINTS
from tests.docs.reading import DOCS, ROOT, headings, section
from tests.docs.test_catalogue import held, table

PAGES = DOCS / "risks"
SECTIONS = ["What it means", "How the tool knows", "What to do"]


@pytest.mark.parametrize("code", RiskCode)
def test_the_page_of_a_risk_has_its_sections_and_severities(code: RiskCode) -> None:
    path = ROOT / code.page.removeprefix(f"{HOMEPAGE}/blob/main/")
    text = path.read_text(encoding="utf-8")
    assert headings(text, 1) == [code]
    assert headings(text, 2) == SECTIONS
    assert re.findall(rf"\*\*({'|'.join(get_args(Severity))})\*\*", text) == list(code.severities)
    assert "|---|" in section(text, 2, "How the tool knows"), "which objects and fields"


def test_nothing_else_has_a_page() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == {"README", *RiskCode}


def test_every_risk_is_raised_by_one_check() -> None:
    raised = [*OF_WAYPOINTS, *(code for check in CHECKS for code in check.codes)]
    assert sorted(raised) == sorted(RiskCode)


def test_no_word_is_a_finding_and_a_risk() -> None:
    assert not set(RiskCode) & set(Code)


def test_the_table_of_risks_holds_each() -> None:
    path = PAGES / "README.md"
    before, _, rest = path.read_text(encoding="utf-8").partition("| risk |")
    rows = ((f"[{code}]({code}.md)", ", ".join(code.severities), code.meaning) for code in sorted(RiskCode))
    told = table(("risk", "severity", "means"), *rows)
    held(path, before + told + "\n\n" + rest.partition("\n\n")[2])
