"""A listing that goes on keeps its columns."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.evidence import Finding
from kubectl_ambient.mesh.verdict import Verdict
from kubectl_ambient.render.status import PodRows
from kubectl_ambient.render.table import Columns, Short, fitting, shorten
from kubectl_ambient.render.terminal import Paint
from kubectl_ambient.runs.listing import Listing
from kubectl_ambient.runs.status import Source
from kubectl_ambient.runs.watching import Change

HEADERS = ("NAME", "STATE", "NODE")


def test_later_rows_stand_under_the_first() -> None:
    columns = Columns(HEADERS, [("a-long-name", "Enrolled", "n1")], 80, ())
    assert columns.line(("b", "Stale", "n2")) == "b             Stale      n2"


def test_a_wider_cell_widens_its_column_from_there_on() -> None:
    columns = Columns(HEADERS, [("a", "Stale", "n1")], 80, ())
    assert columns.line(("bb", "Enrolled", "n1")) == "bb   Enrolled   n1"
    assert columns.line(("c", "Stale", "n1")) == "c    Stale      n1"


def test_what_the_listing_left_out_stays_out() -> None:
    columns = Columns(HEADERS, [("a-long-name", "Enrolled", "n1")], 20, ("NODE",))
    assert columns.line(("b", "Stale", "n2")) == "b             Stale"


SHORT = (Short("NAME", "middle", 12), Short("NODE", "start", 6), Short("NAME", "middle", 8))


def test_cells_are_shortened_in_turn_and_to_no_less_than_may_be() -> None:
    row = ("payments-7d4b9c5f6-9qz7m", "Enrolled", "node-eu-west-1a")
    assert fitting(HEADERS, [row], 60, (), SHORT)[1] == [list(row)]
    assert fitting(HEADERS, [row], 48, (), SHORT)[1] == [["payments-7…f6-9qz7m", "Enrolled", "node-eu-west-1a"]]
    assert fitting(HEADERS, [row], 35, (), SHORT)[1] == [["paymen…9qz7m", "Enrolled", "…-west-1a"]]
    assert fitting(HEADERS, [row], 10, (), SHORT)[1] == [["paym…z7m", "Enrolled", "…st-1a"]]
    assert fitting(HEADERS, [row], 30, ("NODE",), SHORT)[1] == [["payments-7…f6-9qz7m", "Enrolled"]]
    assert fitting(HEADERS, [], 3, (), SHORT)[1] == []


def test_what_is_foreign_is_cut_when_it_is_shown_in_one_line() -> None:
    assert shorten("a\nb\nc\nd", 6) == r"a\nb\…"
    assert shorten(Paint(True)("Enrolled", "green"), 3) == Paint(True)("Enrolled", "green")
    assert (shorten("abcdef", 4, "start"), shorten("abcdef", 6)) == ("…def", "abcdef")


def test_later_rows_stay_within_the_terminal_too() -> None:
    columns = Columns(HEADERS, [("web-7d4b9c5f6-9qz7m", "Stale", "n1")], 32, (), SHORT)
    assert columns.line(("payments-7d4b9c5f6-9qz7m", "Stale", "n1")) == "payments-7…f6-9qz7m   Stale   n1"
    assert columns.line(("a", "Pending", "n1")) == "a                     Pending   n1"


@dataclass
class Row:
    """As much of a verdict as a row shows."""

    name: str
    state: str = "Enrolled"
    namespace: str = "shop"
    mode: str = "ambient"
    reason: str = "NamespaceLabel"
    node: str = "n1"
    unserved: bool = False
    findings: tuple[Any, ...] = ()


def verdict(name: str, **fields: Any) -> Verdict:
    return cast(Verdict, Row(name, **fields))


def rows(*verdicts: Verdict, headers: bool = True, colours: bool = False) -> PodRows:
    return PodRows(verdicts, namespaced=False, wide=False, headers=headers, width=80, paint=Paint(colours))


def test_a_changed_pod_stands_in_the_columns_of_the_listing() -> None:
    found = rows(verdict("checkout-0"))
    assert found.headers == "NAME         MODE      STATE         REASON           NODE"
    assert found.changed(verdict("web")) == "web          ambient   Enrolled      NamespaceLabel   n1"
    assert found.gone(verdict("web")) == "web          -         Gone          -                n1"


def test_columns_are_as_wide_as_any_state_from_the_beginning() -> None:
    found = rows(verdict("a", mode="none", state="Stale", reason="R"), headers=False)
    assert found.gone(verdict("b")) == "b   -         Gone          -                n1"
    assert found.changed(verdict("b", mode="sidecar", state="NotEnrolled")).index("NamespaceLabel") == 28


def test_a_pod_that_is_being_deleted_is_told_so() -> None:
    deleted = verdict("web", findings=(Finding.of(Code.TERMINATING, "the pod is terminating"),))
    assert rows(deleted).changed(deleted) == "web    ambient   Terminating   NamespaceLabel   n1"


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("timestamps", [True, False])
@pytest.mark.parametrize("namespaced", [True, False])
def test_rows_stay_within_80_columns(namespaced: bool, timestamps: bool, known: bool) -> None:
    longest = verdict(
        "recommendation-service-v2-7d4b9c5f6-9qz7m",
        namespace="recommendations-production",
        node="ip-10-0-112-34.eu-central-1.compute.internal",
        state="NotEnrolled",
        mode="sidecar",
    )
    how = {"namespaced": namespaced, "wide": False, "headers": True, "width": 80, "paint": Paint(False)}
    found = PodRows([longest] if known else [], **how, timestamps=timestamps)
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    lines = [found.headers, found.changed(verdict("a"), at), found.changed(longest, at), found.gone(longest, at)]
    assert max(map(len, lines)) <= 80
    words = ("STATE", "Enrolled", "NotEnrolled", "Gone")
    if known:  # else a name that is longer than any before widens its column
        assert len({line.index(word) for line, word in zip(lines, words, strict=True)}) == 1
    assert all(line.startswith("2026-01-02T03:04:05Z   ") == timestamps for line in lines[1:])


def test_a_colour_takes_no_room() -> None:
    changed = rows(verdict("checkout-0"), colours=True).changed(verdict("web", state="Stale"))
    assert changed.replace("\x1b[31m", "").replace("\x1b[0m", "").split("   ")[0] == "web"
    plain = rows(verdict("checkout-0")).changed(verdict("web", state="Stale"))
    assert len(changed) > len(plain)
    assert changed.index("NamespaceLabel") - plain.index("NamespaceLabel") == len("\x1b[31m\x1b[0m")


@pytest.mark.parametrize(
    ("listed", "namespaced", "headers", "expected"),
    [
        ([verdict("a")], False, True, ["", "a      ambient   Enrolled      NamespaceLabel   n1"]),
        # Nothing was listed, or namespaces: the headers are still due.
        ([], False, True, [f"NAME{' ' * 29}MODE   ", f"a{' ' * 32}ambient   Enrolled      NamespaceLabel"]),
        ([verdict("a")], True, True, ["", "NAMESPACE   NAME   MODE ", "shop        a      ambient"]),
        ([verdict("a")], True, False, ["shop   a   ambient"]),
    ],
)
def test_the_headers_come_once(listed: list[Verdict], namespaced: bool, headers: bool, expected: list[str]) -> None:
    listing = Listing(output="", headers=headers, pods=False, namespaced=namespaced)
    out = io.StringIO()
    with redirect_stdout(out):
        listing.print_changes(cast(Source, None), listed, [Change(verdict("a")), Change(verdict("a"), gone=True)])
    lines = out.getvalue().splitlines()
    assert len(lines) == len(expected) + 1
    for line, start in zip(lines, expected, strict=False):
        assert line.startswith(start) if start else line == ""
    assert "Gone" in lines[-1]


def test_a_pod_that_is_gone_has_a_name_and_no_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Listing, "_document", lambda self, judge, found, change: json.dumps([v.name for v in found]))
    told = {}
    for output in ("name", "json"):
        out = io.StringIO()
        with redirect_stdout(out):
            source = cast(Source, type("S", (), {"judge": None}))
            Listing(output=output, headers=True, pods=True, namespaced=False).print_changes(
                source, [], [Change(verdict("a")), Change(verdict("a"), gone=True)]
            )
        told[output] = out.getvalue().splitlines()
    assert told == {"name": ["pod/a", "pod/a"], "json": ['["a"]']}
