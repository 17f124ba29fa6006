"""Whatever files hold: no traceback, a known exit code, and what is good in them is still judged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.budget import fuzzed
from tests.fuzz.junk import JUNK, TEXTS
from tests.fuzz.program import Ran, ambient

READERS = (
    "status -A -o json",
    "status -A",
    "labels -A -o json",
    "labels -A",
    "waypoint status -A -o yaml",
    "waypoint list -A",
    "explain ns good",
    "explain pod good -n good -o json",
    "explain pod good -n good",
)
WRITERS = (
    "enable --local",
    "disable --local --opt-out",
    "enable --local -o json",
    "waypoint enable --local",
    "waypoint disable --local",
)
GOOD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "good", "namespace": "good"}, "spec": {"nodeName": "n"}}


def holds(ran: Ran) -> None:
    """The contract of an exit code: 1 goes with a sentence, 0 without one."""
    assert ran.code in (0, 1), ran
    told = any(line.startswith(("error: ", "Error ")) for line in ran.err.splitlines())
    assert told is (ran.code == 1), ran


@pytest.mark.parametrize("words", [*READERS, *WRITERS])
@fuzzed(0.5)
@given(files=st.lists(JUNK, min_size=1, max_size=2))
def test_any_bytes_end_well(folder: Path, words: str, files: list[bytes]) -> None:
    for number, data in enumerate(files):
        (folder / f"{number}.yaml").write_bytes(data)
    named = [word for number in range(len(files)) for word in ("-f", f"{number}.yaml")]
    holds(ambient(*words.split(), *named))


@fuzzed(2)
@given(junk=JUNK)
def test_a_bad_file_hides_no_other(folder: Path, junk: bytes) -> None:
    (folder / "a.yaml").write_bytes(junk)
    (folder / "b.yaml").write_text(json.dumps(GOOD))
    ran = ambient("status", "-A", "-o", "name", "-f", "a.yaml", "-f", "b.yaml")
    holds(ran)
    assert "pod/good" in ran.out.splitlines(), ran


@fuzzed(2)
@given(junk=TEXTS, last=st.booleans())
def test_a_bad_document_hides_no_other(folder: Path, junk: str, last: bool) -> None:
    """One that begins as JSON goes to its end as such, or to the end of the file; so the good one stands before it."""
    documents = [json.dumps(GOOD), junk] if last else ["x: y", junk, json.dumps(GOOD)]
    (folder / "a.yaml").write_bytes("\n---\n".join(documents).encode("utf-8", "surrogatepass"))
    ran = ambient("status", "-A", "-o", "name", "-f", "a.yaml")
    holds(ran)
    assert "pod/good" in ran.out.splitlines(), ran
