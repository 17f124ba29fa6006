"""The screens of `--plan`."""

from __future__ import annotations

import pytest

from tests.golden.screens import compare, run

FILES = "-f plan.yaml"

SCREENS: dict[str, tuple[str, int]] = {
    "plan/enable-80": (f"enable ns shop --plan {FILES}", 80),
    "plan/enable-200": (f"enable ns shop --plan {FILES}", 200),
    "plan/enable-pod-80": (f"enable pod web-66fd9-cvmps -n shop --plan {FILES}", 80),
    "plan/enable-yaml": (f"enable ns shop --plan -o yaml --fail-on error {FILES}", 0),
    "plan/disable-80": (f"disable ns pay --plan {FILES}", 80),
    "plan/opt-out-80": (f"disable deploy till -n pay --opt-out --plan {FILES}", 80),
    "plan/missing": (f"enable ns shop nope --plan {FILES}", 0),
    "plan/taken": ("enable ns -A --all --plan -f mesh.yaml", 80),
    "plan/waypoint-enable-80": ("waypoint enable ns shop --plan -f waypoints.yaml", 80),
    "plan/waypoint-disable-80": ("waypoint disable ns shop --plan -f waypoints.yaml", 80),
}


@pytest.mark.parametrize("name", SCREENS)
def test_screen(name: str) -> None:
    line, columns = SCREENS[name]
    compare(name, run(line, columns=columns))
