"""The page tells what was measured, what was not, and which limits are kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.bench import scene
from tests.bench.goals import goals
from tests.bench.measure import Median
from tests.bench.page import Machine, page
from tests.bench.scene import Row, Size

MACHINE = Machine(2, 24, "Linux x86_64", "v1.36.1", "v1.36.1", "v0.1.0", True, "3.13", "8.0", "2026-01-02")
STARTUP = (
    Row(scene.VERSION, Median(0.1, 0.1, 40, 3), scene.VERSION),
    Row(scene.HELP, Median(0.13, 0.1, 16, 3), scene.VERSION),
)


def size(pods: int, seconds: float = 1.0, megabytes: float = 30.0) -> Size:
    """A cluster where kubectl takes 10 s and 1,000 MB, the slower floor 0.9 s and the faster one 0.8 s."""

    def row(name: str, base: str, seconds: float, megabytes: float, floor_of: str | None = None) -> Row:
        return Row(name, Median(seconds, seconds, megabytes, 3), base, floor_of)

    rows = (
        row(scene.GET_ALL, scene.GET_ALL, 10, 1000),
        row(scene.STATUS, scene.GET_ALL, seconds, megabytes),
        row("curl, one by one", scene.GET_ALL, 0.9, 10, scene.STATUS),
        row("curl, all at once", scene.GET_ALL, 0.8, 10, scene.STATUS),
        row(scene.LABELS, scene.GET_ALL, 2, 40),
        row(scene.WAYPOINTS, scene.GET_ALL, 2, 40),
        row(scene.GET_NAMESPACE, scene.GET_NAMESPACE, 0.1, 40),
        row(scene.STATUS_NAMESPACE, scene.GET_NAMESPACE, 0.2, 40),
        row(scene.GET_PLAIN, scene.GET_PLAIN, 0.1, 40),
        row(scene.PLAN, scene.GET_PLAIN, 0.3, 40),
        row(scene.GET_POD, scene.GET_POD, 0.1, 40),
        row(scene.EXPLAIN, scene.GET_POD, 0.4, 40),
        row(scene.UNLABEL, scene.UNLABEL, 10, 60),
        row(scene.DISABLE, scene.UNLABEL, 2, 60),
    )
    return Size(pods, 200, pods // 50, 18_000, 1000, rows)


def told(*sizes: Size) -> dict[str, tuple[str, str]]:
    """What was measured of each goal, as it is written, and the word on it."""
    found = goals(STARTUP, {each.pods: each for each in sizes})
    return {goal.what: ("" if goal.measured is None else f"{goal.measured:.2f}", goal.verdict) for goal in found}


def test_a_ratio_below_its_limit_is_kept_and_above_it_missed() -> None:
    measured = told(size(10_000))
    assert measured["10,000 pods: `status -A`, time : `kubectl get pods -A`"] == ("0.10", "kept")
    assert measured["`disable pods` of 1,000, time : `kubectl label`"] == ("0.20", "kept")
    assert measured["`explain pod`, time : `kubectl get pod`"] == ("4.00", "missed")
    assert measured["`status -n`, time : `kubectl get pods -n`"] == ("2.00", "kept")
    assert measured["`enable namespace --plan`, time : `kubectl get pods -n`"] == ("3.00", "missed")
    assert measured["`--help`, time : `kubectl version --client`"] == ("1.30", "kept")


def test_the_faster_floor_counts() -> None:
    assert told(size(10_000))["10,000 pods: `status -A`, time : the floor"] == ("1.25", "kept")


def test_growth_needs_both_sizes() -> None:
    time, memory = (f"`status -A`, from 10,000 to 50,000 pods: {what}" for what in ("time", "peak memory"))
    alone = told(size(10_000))
    assert alone[time] == alone[memory] == ("", "not measured")
    both = told(size(10_000), size(50_000, seconds=5.5, megabytes=36))
    assert both[time] == ("5.50", "missed")
    assert both[memory] == ("1.20", "kept")


def test_what_was_not_measured_is_said() -> None:
    assert {verdict for what, (_, verdict) in told(size(1000)).items() if "--help" not in what} == {"not measured"}


def test_each_goal_is_named_once() -> None:
    assert len(told()) == len(goals(STARTUP, {}))


def test_the_page_has_every_size_and_how_it_grows() -> None:
    text = page(MACHINE, STARTUP, {each.pods: each for each in (size(1000), size(10_000, seconds=3.0))})
    assert "## 1,000 pods" in text
    assert "## 10,000 pods" in text
    assert "| `kubectl ambient status -A` | 3.00 s | 3.00 s | 30 MB | 0.30 | 0.03 | 3.75 |" in text
    assert "1,000 → 10,000: time" in text
    assert "| pods | × 10.0 | × 10.0 |" in text
    assert "| `kubectl ambient status -A` | × 3.0 | × 1.0 |" in text


def test_one_size_does_not_grow() -> None:
    assert "How it grows" not in page(MACHINE, STARTUP, {1000: size(1000)})


@pytest.mark.parametrize(("shipped", "words"), [(True, "as an archive"), (False, "from a checkout")])
def test_the_page_says_which_program_it_was(shipped: bool, words: str) -> None:
    text = page(replace(MACHINE, shipped=shipped), STARTUP, {})
    assert f"kubectl-ambient v0.1.0 {words} with Python 3.13." in text
