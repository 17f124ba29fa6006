"""The screens of the waypoint commands."""

from __future__ import annotations

import pytest

from tests.golden.screens import compare, expected, run

FILES = "-f waypoints.yaml"
EXAMPLE = "-f ../../../examples"

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
    "waypoint/list-80": (f"waypoint list -A {FILES}", 80),
    "waypoint/list-200": (f"waypoint list -A {FILES}", 200),
    "waypoint/list-60": (f"waypoint list -A {FILES}", 60),
    "waypoint/list-namespace-80": (f"waypoint list -n shop {FILES}", 80),
    "waypoint/list-wide": (f"waypoint list -A -o wide {FILES}", 0),
    "waypoint/list-name": (f"waypoint list -A -o name {FILES}", 0),
    "waypoint/list-json": (f"waypoint list -n infra -o json {FILES}", 0),
    "waypoint/list-yaml": (f"waypoint list -n shop -o yaml {FILES}", 0),
    "waypoint/list-no-headers": (f"waypoint list -A --no-headers {FILES}", 0),
    "waypoint/list-nothing": (f"waypoint list -n empty {FILES}", 0),
    "waypoint/list-of-the-example-80": (f"waypoint list -A {EXAMPLE}", 80),
    "waypoint/explain-service-80": (f"waypoint explain svc cart -n shop {EXAMPLE}", 80),
    "waypoint/explain-service-200": (f"waypoint explain svc cart -n shop {EXAMPLE}", 200),
    "waypoint/explain-opted-out-80": (f"waypoint explain svc/reports -n shop {EXAMPLE}", 80),
    "waypoint/explain-namespace-80": (f"waypoint explain ns shop {EXAMPLE}", 80),
    "waypoint/explain-namespace-200": (f"waypoint explain ns shop {EXAMPLE}", 200),
    "waypoint/explain-dead-80": (f"waypoint explain svc till -n shop {FILES}", 80),
    "waypoint/explain-denied-80": (f"waypoint explain svc web -n shop {FILES}", 80),
    "waypoint/explain-missing-80": (f"waypoint explain serviceentry bank -n shop {FILES}", 80),
    "waypoint/explain-pod-80": (f"waypoint explain pod web-1 -n shop {FILES}", 80),
    "waypoint/explain-nothing-named-80": (f"waypoint explain svc/tool ns/infra -n infra {FILES}", 80),
    "waypoint/explain-nobody": (f"waypoint explain svc/nope ns/nope workloadentry/vm -n shop -o name {FILES}", 0),
    "waypoint/explain-json": (f"waypoint explain svc till -n shop -o json {FILES}", 0),
    "waypoint/explain-yaml": (f"waypoint explain ns infra -o yaml {FILES}", 0),
    "waypoint/pod-80": (f"explain pod web-1 -n shop {FILES}", 80),
}


@pytest.mark.parametrize("name", SCREENS)
def test_the_screen_is_as_accepted(name: str) -> None:
    line, columns = SCREENS[name]
    compare(name, run(line, columns=columns))


def test_nothing_else_is_expected() -> None:
    assert expected("waypoint") == set(SCREENS)


FITTING = sorted({(line, width) for line, columns in SCREENS.values() if columns for width in (80, 200)})


@pytest.mark.parametrize(("line", "columns"), FITTING)
def test_sentences_fit_the_screen(line: str, columns: int) -> None:
    """Only what cannot be broken goes over the edge: a command, a name, a row of a table."""
    for text in run(line, columns=columns).out.splitlines():
        words = max((len(word) for word in text.split()), default=0)
        command = text.lstrip(" →.123456789").startswith(("kubectl ", "istioctl "))
        assert len(text) <= columns or command or words > columns // 2, text
