"""The screens of the waypoint commands."""

from __future__ import annotations

import pytest

from tests.golden.screens import run
from tests.golden.test_golden import EXPECTED, compare

FILES = "-f waypoints.yaml"

SCREENS: dict[str, tuple[str, int]] = {
    "waypoint/status-80": (f"waypoint status -n shop {FILES}", 80),
    "waypoint/status-60": (f"waypoint status -n shop {FILES}", 60),
    "waypoint/status-200": (f"waypoint status -n shop {FILES}", 200),
    "waypoint/status-all-80": (f"waypoint status -A {FILES}", 80),
    "waypoint/status-everything": (f"waypoint status -A --all {FILES}", 0),
    "waypoint/status-wide": (f"waypoint status svc,we -n shop -o wide {FILES}", 0),
    "waypoint/status-names": (f"waypoint status cart nope -n shop {FILES}", 0),
    "waypoint/status-name": (f"waypoint status -n shop -o name {FILES}", 0),
    "waypoint/status-drift": (f"waypoint status pods -n shop --no-headers --fail-on drift {FILES}", 0),
    "waypoint/status-json": (f"waypoint status svc/web pod/cart-1 -n shop -o json {FILES}", 0),
    "waypoint/status-yaml": (f"waypoint status svc/till -n shop -o yaml {FILES}", 0),
    "waypoint/status-nothing": (f"waypoint status -n empty {FILES}", 0),
    "waypoint/status-bare": ("waypoint status -n blog -f bare.yaml", 80),
}


@pytest.mark.parametrize("name", SCREENS)
def test_the_screen_is_as_accepted(name: str) -> None:
    line, columns = SCREENS[name]
    compare(name, run(line, columns=columns))


def test_nothing_else_is_expected() -> None:
    assert {f"waypoint/{path.stem}" for path in (EXPECTED / "waypoint").glob("*.txt")} == set(SCREENS)
