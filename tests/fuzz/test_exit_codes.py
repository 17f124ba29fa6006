"""Exit codes: 0 done, 1 not or only in part, 2 wrong usage, 3 what `--fail-on` names; each with what it promises."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kubectl_ambient.kube.resources import TABLE
from tests.fuzz.budget import fuzzed
from tests.fuzz.clusters import clusters
from tests.fuzz.files import written
from tests.fuzz.program import ambient
from tests.fuzz.server import PLAIN, ClusterServer, refusing
from tests.fuzz.test_any_files import GOOD, holds
from tests.fuzz.test_live import COMMANDS, answers, asked
from tests.fuzz.words import Fields

CONDITIONS = ("drift", "pending", "conflict", "unknown", "error", "any")
_BAD_STATES = ("NotEnrolled", "Stale", "Pending", "Unknown")


def meets(item: dict[str, Any], condition: str) -> bool:
    """Whether a pod is what `--fail-on` names, by the documented words."""
    state, findings = item["state"], item["findings"]
    match condition:
        case "drift":
            return state in ("NotEnrolled", "Stale") or item["unserved"]
        case "conflict":
            return any(finding["code"] == "BothModes" for finding in findings)
        case "error":
            return any(finding["severity"] == "error" for finding in findings)
        case "any":
            return (
                state in _BAD_STATES or item["unserved"] or any(finding["severity"] != "info" for finding in findings)
            )
    return bool(state == condition.capitalize())


@fuzzed(2)
@given(objects=clusters(), condition=st.sampled_from(CONDITIONS), live=st.booleans())
def test_fail_on_ends_with_3_if_and_only_if_a_pod_is_that(
    folder: Path, server: ClusterServer, objects: list[Fields], condition: str, live: bool
) -> None:
    words = ["status", "-A", "-o", "json", "--fail-on", condition]
    ran = answers(server, objects, PLAIN, words) if live else ambient(*words, *written(folder, objects, "one.json"))
    document = ran.document()
    severities = {finding["severity"] for finding in document["findings"]}
    of_mesh = {"any": {"error", "warning"}, "error": {"error"}}.get(condition, set()) & severities
    met = of_mesh or any(meets(item, condition) for item in document["items"])
    assert ran.code == (3 if met else 0), ran


LISTED = sorted({resource.plural for resource in TABLE})


@pytest.mark.parametrize("command", COMMANDS)
@fuzzed()
@given(objects=clusters(), refused=st.sets(st.sampled_from(LISTED), min_size=1, max_size=len(LISTED)))
@example(objects=[{**GOOD, "status": {}}], refused=set(LISTED))
def test_what_is_refused_ends_well(
    server: ClusterServer, command: str, objects: list[Fields], refused: set[str]
) -> None:
    ran = answers(server, objects, refusing(*refused), asked(command, objects))
    assert ran.code in (0, 1), ran
    assert (ran.document() is not None) or ran.err, ran
    if ran.code:
        assert ran.err.splitlines()[0].startswith(("error: ", "Error from server")), ran
    else:
        assert ran.document()["kind"], ran


_STRANGE = ("\x1b[31m", "\u202e", "é", "x" * 300)
_TYPED = """
    status explain labels waypoint list version enable disable help foo pod ns good pod/good ns/good deploy/x svc a/b/c
    pod,ns .. - -- --help -A -n good -l a=b 'a in (b' -o json yaml wide name xml --local -R --pods --all --no-headers
    --field-selector a=b spec.nodeName=n --fail-on any x --chunk-size -1 1.5 --overwrite --dry-run=client --dry-run=x
    --as= --request-timeout=-3x --context nowhere --server http://127.0.0.1:1 -fgood.yaml -fgood.yaml -fgone -o= -xyz ''
"""
WORDS = [*shlex.split(_TYPED), *_STRANGE]
FIRST = ("status", "explain", "labels", "waypoint", "enable", "disable", "version")


@pytest.mark.skipif(os.name == "nt", reason="to be refused a connection takes seconds there")
@fuzzed(5)
@given(first=st.sampled_from(FIRST), words=st.lists(st.sampled_from(WORDS), max_size=6))
def test_whatever_is_typed_ends_well(folder: Path, first: str, words: list[str]) -> None:
    """Of files, or of no cluster at all: nothing that is typed here may reach one."""
    written(folder, [{**GOOD}], "one.json")
    (folder / "0-one.json").replace(folder / "good.yaml")
    ran = ambient(first, *words, *(() if "--server" in words else ("--server", "http://127.0.0.1:1")))
    assert ran.code in (0, 1, 2, 3), ran
    assert ran.code or ran.out or ran.err, ran
    if ran.code == 2:
        assert ran.err.strip(), ran
        assert not ran.out, ran
    if ran.code == 1:
        assert ran.err.strip(), ran
    if ran.code == 3:
        assert "--fail-on" in words, ran


def test_files_without_a_fault_end_with_0(folder: Path) -> None:
    """What the laws of other files take for granted."""
    holds(ambient("status", "-A", *written(folder, [{**GOOD}], "one.yaml")))
