"""Every check has a page with the same sections, and the index holds them all; `UPDATE_GOLDEN=1` writes the index."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from kubectl_ambient import HOMEPAGE
from kubectl_ambient.mesh.check.check import Check, Outcome, Section
from kubectl_ambient.mesh.check.run import FAIL_ON
from kubectl_ambient.mesh.check.sources import Findings
from kubectl_ambient.mesh.check.table import all_checks
from tests.docs.reading import DOCS, ROOT, headings, section
from tests.docs.test_catalogue import held, table

CHECKS = DOCS / "checks"

INDEX = """# Checks

What `kubectl ambient check` asks, section by section. `--only` and `--skip` take ids and sections (`control-plane`).

| mark | outcome | means |
|---|---|---|
| ✔ | `ok` | so it is |
| ‼ | `warning` | it will surprise somebody |
| ✖ | `error` | it does not work, or may do harm |
| ? | `unknown` | it could not be told: something that it wants may not be read, which is named |
| | `skipped` | the files do not hold what it wants, or there is no Istio; only `-o json` and `-o junit` show it |

A check asks what the other commands ask, and judges nothing anew: what it tells has the same evidence there.

{rows}

Exit code 3 follows from an error; `--fail-on` says otherwise: {fail_on}.
"""


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
def test_the_page_of_a_check_has_its_sections(check: Check) -> None:
    assert check.page == f"{HOMEPAGE}/blob/main/docs/checks/{check.id}.md"
    text = (CHECKS / f"{check.id}.md").read_text(encoding="utf-8")
    assert headings(text, 1) == [check.id]
    assert headings(text, 2) == ["What it means", "How the tool knows", "What to do"]
    told = " ".join(text.split())
    assert check.title[1:] in told
    assert f"Section: {check.section}." in told
    for ask in check.asks:
        for code in ask.codes if isinstance(ask, Findings) else ():
            assert f"[{code}](../findings.md#{code.lower()})" in section(text, 2, "How the tool knows"), code


def test_nothing_else_has_a_page() -> None:
    assert {path.stem for path in CHECKS.glob("*.md")} - {"README"} == {check.id for check in all_checks()}


def test_the_index_holds_every_check() -> None:
    rows = ((f"[{check.id}]({check.id}.md)", check.section, check.title) for check in all_checks())
    words = ", ".join(f"`{word}`" for word in FAIL_ON)
    held(CHECKS / "README.md", INDEX.format(rows=table(("check", "section", "good state"), *rows), fail_on=words))


def test_the_schema_knows_every_section_and_outcome() -> None:
    schema = json.loads((ROOT / "docs/schema/CheckReport.json").read_text(encoding="utf-8"))["$defs"]
    assert schema["section"]["properties"]["name"]["enum"] == list(get_args(Section))
    assert schema["check"]["properties"]["outcome"]["enum"] == list(get_args(Outcome))
    assert schema["outcomes"]["required"] == list(get_args(Outcome))
