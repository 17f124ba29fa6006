"""The screens of `path`."""

from __future__ import annotations

import pytest

from tests.golden.screens import compare, run

FILES = "-n shop -f paths.yaml"

SCREENS: dict[str, tuple[str, int]] = {
    "path/waypoint-80": (f"path pod/web svc/cart {FILES}", 80),
    "path/waypoint-200": (f"path pod/web svc/cart {FILES}", 200),
    "path/denied-80": (f"path pod/importer pod/orders {FILES}", 80),
    "path/past-the-waypoint-80": (f"path pod/legacy svc/cart {FILES}", 80),
    "path/mixed-80": (f"path pod/importer svc/mixed {FILES}", 80),
    "path/outside-80": (f"path outside svc/orders {FILES}", 80),
    "path/own-node-80": (f"path node pod/orders {FILES}", 80),
    "path/host-80": (f"path pod/web api.bank.example:443 {FILES}", 80),
    "path/gateway-60": (f"path gateway/in svc/cart {FILES}", 60),
    "path/matrix-80": (f"path --matrix --port 8080 {FILES}", 80),
    "path/matrix-40": (f"path --matrix --port 8080 {FILES}", 40),
    "path/matrix-rows": (f"path --matrix --no-headers {FILES}", 0),
    "path/json": (f"path pod/web svc/cart -o json {FILES}", 0),
    "path/yaml": (f"path pod/importer svc/mixed -o yaml {FILES}", 0),
    "path/mermaid": (f"path pod/web svc/cart -o mermaid {FILES}", 0),
    "path/dot": (f"path pod/importer svc/mixed -o dot {FILES}", 0),
    "path/svg": (f"path pod/importer pod/orders -o svg {FILES}", 0),
    "path/no-such-pod": (f"path pod/nobody svc/cart {FILES}", 0),
    "path/no-end": (f"path cart web {FILES}", 0),
    "path/one-end": (f"path pod/web {FILES}", 0),
    "path/not-an-end": (f"path cm/x pod/web {FILES}", 0),
}


@pytest.mark.parametrize("name", SCREENS)
def test_screen(name: str) -> None:
    line, columns = SCREENS[name]
    compare(name, run(line, columns=columns))
