"""What is declared of findings and reasons, against the pages and the schemas.

docs/words.md, the table of reasons and the lists of words in the schemas are written from it:
`UPDATE_GOLDEN=1 pytest tests/docs` writes them anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from kubectl_ambient import HOMEPAGE
from kubectl_ambient.mesh.catalogue import CanaryReason, Code, Expected, Reason, Severity, WaypointReason
from kubectl_ambient.mesh.evidence import Outcome
from kubectl_ambient.mesh.next_pod import AfterRestart
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.mesh.state import Mode, Observed, State
from tests.docs.reading import DOCS, ROOT, anchors, headings, section
from tests.golden.screens import UPDATE

FINDINGS = (DOCS / "findings.md").read_text(encoding="utf-8")
WAYPOINTS = (DOCS / "waypoints.md").read_text(encoding="utf-8")
SECTIONS = ["What it means", "How the tool knows", "Example", "What to do", "Where documentation and code differ"]


def held(path: Path, text: str) -> None:
    """Raise unless the file has this text; write it where that was asked for."""
    if UPDATE:
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "UPDATE_GOLDEN=1 writes it anew"


# Pages


@pytest.mark.parametrize("word", [*Code, *Reason, *WaypointReason])
def test_the_address_of_a_word_leads_to_its_own_heading(word: Code | Reason | WaypointReason) -> None:
    path, _, anchor = word.page.removeprefix(f"{HOMEPAGE}/blob/main/").partition("#")
    assert word.page.startswith(HOMEPAGE)
    assert (anchor or word.lower()) == word.lower()
    assert word.lower() in anchors(ROOT / path)


def test_nothing_else_has_a_page() -> None:
    assert headings(FINDINGS, 2) == sorted(Code)
    assert {path.stem for path in (DOCS / "reasons").glob("*.md")} - {"README"} == set(Reason)
    assert sorted(headings(WAYPOINTS, 3)) == sorted(WaypointReason)


@pytest.mark.parametrize("code", Code)
def test_the_page_of_a_finding_names_its_severities(code: Code) -> None:
    told = section(FINDINGS, 2, code)
    named = re.findall(rf"\*\*({'|'.join(get_args(Severity))})\*\*", told)
    assert named == list(code.severities) or f"Severities as for [{Code.AGENT_MISSING}]" in told
    assert "*Known by*" in told
    assert "*What to do:*" in told


@pytest.mark.parametrize("reason", Reason)
def test_the_page_of_a_reason_has_its_sections(reason: Reason) -> None:
    text = (DOCS / f"reasons/{reason}.md").read_text(encoding="utf-8")
    assert headings(text, 1) == [reason]
    assert headings(text, 2) == SECTIONS


def test_the_words_for_a_refused_canary_are_on_the_page_of_that_finding() -> None:
    told = section(FINDINGS, 2, Code.CANARY_REFUSED)
    assert all(f"`{word}`" in told for word in CanaryReason)


# What is written from it

WORDS = """# Words

The stable words that documents hold and that scripts may compare, each with the page that tells more. They are
declared in [`catalogue.py`](../kubectl_ambient/mesh/catalogue.py). [States](states.md) are told elsewhere.

## Findings

What one should know of a pod, a label or a waypoint besides. Of several severities the usual one stands first.

{findings}

## Reasons of pods

Why a pod should or should not be in ambient mode, in the order in which the [rules](reasons/README.md) are asked.

{reasons}

## Reasons of waypoints

Why a [waypoint](waypoints.md) serves an object or does not.

{waypoints}
"""


def table(*rows: Iterable[str]) -> str:
    first, *rest = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([first, "|---" * (first.count("|") - 1) + "|", *rest])


def link(word: Code | Reason | WaypointReason, start: str) -> str:
    return f"[{word}]({word.page.removeprefix(f'{HOMEPAGE}/blob/main/docs/').removeprefix(start)})"


def reasons(start: str = "") -> str:
    rows = ((link(reason, start), reason.expected, reason.meaning) for reason in Reason)
    return table(("reason", "expected", "because"), *rows)


def test_the_index_holds_every_word() -> None:
    findings = ((link(code, ""), ", ".join(code.severities), code.meaning) for code in sorted(Code))
    waypoints = ((link(reason, ""), reason.meaning) for reason in WaypointReason)
    text = WORDS.format(
        findings=table(("finding", "severity", "means"), *findings),
        reasons=reasons(),
        waypoints=table(("reason", "because"), *waypoints),
    )
    held(DOCS / "words.md", text)


def test_the_table_of_reasons_holds_each() -> None:
    path = DOCS / "reasons/README.md"
    before, _, rest = path.read_text(encoding="utf-8").partition("| reason |")
    held(path, before + reasons("reasons/") + "\n\n" + rest.partition("\n\n")[2])


# Where a word stands in a schema: the definition of the object, the property, and the words that it can be.
ENUMS: list[tuple[str, str, Iterable[str]]] = [
    ("finding", "code", sorted(Code)),
    ("finding", "severity", get_args(Severity)),
    ("pod", "reason", Reason),
    ("pod", "expected", get_args(Expected)),
    ("pod", "observed", get_args(Observed)),
    ("pod", "state", get_args(State)),
    ("pod", "mode", get_args(Mode)),
    ("pod", "afterRestart", get_args(AfterRestart)),
    ("step", "outcome", get_args(Outcome)),
    ("binding", "reason", WaypointReason),
    ("namespace", "reason", WaypointReason),
    ("group", "reason", WaypointReason),
    ("risk", "code", sorted(RiskCode)),
    ("risk", "severity", get_args(Severity)),
]


def definitions(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The shared parts of a schema by name, and the parts of a part by the property that they are."""
    if not isinstance(schema, dict):
        return
    for name, part in schema.items():
        if isinstance(part, dict) and "properties" in part:
            yield name, part["properties"]
        yield from definitions(part)


def with_words(text: str, placed: set[tuple[str, str]]) -> str:
    """A schema with the words that are declared; `placed` takes where some stand."""
    schema = json.loads(text)
    for name, properties in definitions(schema):
        for of, key, words in ENUMS:
            if name == of and key in properties:
                kept = {k: v for k, v in properties[key].items() if k not in ("pattern", "enum")}
                properties[key] = {**kept, "enum": [str(word) for word in words]}
                placed.add((of, key))
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def test_the_schemas_hold_every_word() -> None:
    placed: set[tuple[str, str]] = set()
    for path in sorted((DOCS / "schema").glob("*.json")):
        held(path, with_words(path.read_text(encoding="utf-8"), placed))
    assert placed == {(of, key) for of, key, _ in ENUMS}
