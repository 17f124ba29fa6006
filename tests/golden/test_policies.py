"""The screens of the policy commands."""

from __future__ import annotations

import pytest

from tests.golden.screens import compare, run

FILES = "-f policies.yaml"

SCREENS: dict[str, tuple[str, int]] = {
    "policy/status-80": (f"policy status -n shop {FILES}", 80),
    "policy/status-200": (f"policy status -n shop --pods {FILES}", 200),
    "policy/status-pods-60": (f"policy status -n shop --pods {FILES}", 60),
    "policy/status-all": (f"policy status -A {FILES}", 0),
    "policy/status-rows": (f"policy status pa -n shop --no-headers --fail-on error {FILES}", 0),
    "policy/status-json": (f"policy status deny-admin -n shop --pods -o json {FILES}", 0),
    "policy/status-nothing": (f"policy status -n istio-cni {FILES}", 0),
    "policy/explain-allow-80": (f"policy explain allow-web -n shop {FILES}", 80),
    "policy/explain-deny-80": (f"policy explain ap/deny-admin -n shop {FILES}", 80),
    "policy/explain-attached-80": (f"policy explain ap/cart-get -n shop {FILES}", 80),
    "policy/explain-ports-80": (f"policy explain pa/web-metrics -n shop {FILES}", 80),
    "policy/of-pod-80": (f"explain pod web-1 --policies -n shop {FILES}", 80),
    "policy/of-pod-json": (f"explain pod web-1 --policies -o json -n shop {FILES}", 0),
    "policy/explain-yaml": (f"policy explain ap/cart-get -n shop -o yaml {FILES}", 0),
}


@pytest.mark.parametrize("name", SCREENS)
def test_screen(name: str) -> None:
    line, columns = SCREENS[name]
    compare(name, run(line, columns=columns))
