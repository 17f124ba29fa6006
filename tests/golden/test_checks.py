"""The screens of `check`."""

from __future__ import annotations

import pytest

from tests.golden.screens import compare, expected, run

EXAMPLE = "-f ../../../examples"

SCREENS: dict[str, tuple[str, int]] = {
    "check/example-80": (f"check -A {EXAMPLE}", 80),
    "check/example-200": (f"check -A {EXAMPLE}", 200),
    "check/namespace-80": (f"check -n legacy --only namespaces,workloads {EXAMPLE}", 80),
    "check/only": (f"check -A --only node-ztunnel,control-plane --skip istiod-ready {EXAMPLE}", 0),
    "check/policies-80": ("check -A --only policies -f policies.yaml", 80),
    "check/mistakes-80": ("check -A -f ../../../examples/mistakes", 80),
    "check/dead-80": ("check -A --fail-on none --whole-cluster -f dead.yaml", 80),
    "check/json": (f"check -A --only both-modes,labels -o json {EXAMPLE}", 0),
    "check/yaml": (f"check -A --only both-modes -o yaml {EXAMPLE}", 0),
    "check/sarif": ("check -A --only waypoints -o sarif -f waypoints.yaml", 0),
    "check/junit": (f"check -A --only waypoints -o junit {EXAMPLE}", 0),
}


@pytest.mark.parametrize("name", SCREENS)
def test_screen(name: str) -> None:
    line, columns = SCREENS[name]
    compare(name, run(line, columns=columns))


def test_nothing_else_is_expected() -> None:
    assert expected("check") == set(SCREENS)
