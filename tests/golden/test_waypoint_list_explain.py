"""The screens of `waypoint list` and `waypoint explain`."""

from __future__ import annotations

import pytest

from tests.golden.screens import run
from tests.golden.test_golden import EXPECTED, compare

FILES = "-f waypoints.yaml"
EXAMPLE = "-f ../../../examples"

SCREENS: dict[str, tuple[str, int]] = {
    "waypoints/list-80": (f"waypoint list -A {FILES}", 80),
    "waypoints/list-200": (f"waypoint list -A {FILES}", 200),
    "waypoints/list-60": (f"waypoint list -A {FILES}", 60),
    "waypoints/list-namespace-80": (f"waypoint list -n shop {FILES}", 80),
    "waypoints/list-wide": (f"waypoint list -A -o wide {FILES}", 0),
    "waypoints/list-name": (f"waypoint list -A -o name {FILES}", 0),
    "waypoints/list-json": (f"waypoint list -n infra -o json {FILES}", 0),
    "waypoints/list-yaml": (f"waypoint list -n shop -o yaml {FILES}", 0),
    "waypoints/list-no-headers": (f"waypoint list -A --no-headers {FILES}", 0),
    "waypoints/list-nothing": (f"waypoint list -n empty {FILES}", 0),
    "waypoints/list-of-the-example-80": (f"waypoint list -A {EXAMPLE}", 80),
    "waypoints/explain-service-80": (f"waypoint explain svc cart -n shop {EXAMPLE}", 80),
    "waypoints/explain-service-200": (f"waypoint explain svc cart -n shop {EXAMPLE}", 200),
    "waypoints/explain-opted-out-80": (f"waypoint explain svc/reports -n shop {EXAMPLE}", 80),
    "waypoints/explain-namespace-80": (f"waypoint explain ns shop {EXAMPLE}", 80),
    "waypoints/explain-namespace-200": (f"waypoint explain ns shop {EXAMPLE}", 200),
    "waypoints/explain-dead-80": (f"waypoint explain svc till -n shop {FILES}", 80),
    "waypoints/explain-denied-80": (f"waypoint explain svc web -n shop {FILES}", 80),
    "waypoints/explain-missing-80": (f"waypoint explain serviceentry bank -n shop {FILES}", 80),
    "waypoints/explain-pod-80": (f"waypoint explain pod web-1 -n shop {FILES}", 80),
    "waypoints/explain-nothing-named-80": (f"waypoint explain svc/tool ns/infra -n infra {FILES}", 80),
    "waypoints/explain-nobody": (f"waypoint explain svc/nope ns/nope workloadentry/vm -n shop -o name {FILES}", 0),
    "waypoints/explain-json": (f"waypoint explain svc till -n shop -o json {FILES}", 0),
    "waypoints/explain-yaml": (f"waypoint explain ns infra -o yaml {FILES}", 0),
    "waypoints/pod-80": (f"explain pod web-1 -n shop {FILES}", 80),
}


@pytest.mark.parametrize("name", SCREENS)
def test_the_screen_is_as_accepted(name: str) -> None:
    line, columns = SCREENS[name]
    compare(name, run(line, columns=columns))


def test_nothing_else_is_expected() -> None:
    assert {f"waypoints/{path.stem}" for path in (EXPECTED / "waypoints").glob("*.txt")} == set(SCREENS)


FITTING = sorted({(line, width) for line, columns in SCREENS.values() if columns for width in (80, 200)})


@pytest.mark.parametrize(("line", "columns"), FITTING)
def test_sentences_fit_the_screen(line: str, columns: int) -> None:
    """Only what cannot be broken goes over the edge: a command, a name, a row of a table."""
    for text in run(line, columns=columns).out.splitlines():
        words = max((len(word) for word in text.split()), default=0)
        command = text.lstrip().removeprefix("→ ").startswith(("kubectl ", "istioctl "))
        assert len(text) <= columns or command or words > columns // 2, text
