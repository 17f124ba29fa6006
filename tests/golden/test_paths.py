"""The screens of `path`."""

from __future__ import annotations

import pytest

from tests.golden.screens import compare, run

FILES = "-n shop -f paths.yaml"

SCREENS: dict[str, tuple[str, int]] = {
    "path/waypoint-80": (f"path pod/caller svc/served {FILES}", 80),
    "path/waypoint-200": (f"path pod/caller svc/served {FILES}", 200),
    "path/denied-80": (f"path pod/outsider pod/ambient {FILES}", 80),
    "path/past-the-waypoint-80": (f"path pod/sidecar-caller svc/served {FILES}", 80),
    "path/mixed-80": (f"path pod/outsider svc/mixed {FILES}", 80),
    "path/outside-80": (f"path outside svc/ambient {FILES}", 80),
    "path/own-node-80": (f"path node pod/ambient {FILES}", 80),
    "path/host-80": (f"path pod/caller api.bank.example:443 {FILES}", 80),
    "path/gateway-60": (f"path gateway/in svc/served {FILES}", 60),
    "path/matrix-80": (f"path --matrix --port 8080 {FILES}", 80),
    "path/matrix-40": (f"path --matrix --port 8080 {FILES}", 40),
    "path/matrix-rows": (f"path --matrix --no-headers {FILES}", 0),
    "path/json": (f"path pod/caller svc/served -o json {FILES}", 0),
    "path/yaml": (f"path pod/outsider svc/mixed -o yaml {FILES}", 0),
    "path/mermaid": (f"path pod/caller svc/served -o mermaid {FILES}", 0),
    "path/dot": (f"path pod/outsider svc/mixed -o dot {FILES}", 0),
    "path/svg": (f"path pod/outsider pod/ambient -o svg {FILES}", 0),
    "path/no-such-pod": (f"path pod/nobody svc/served {FILES}", 0),
    "path/no-end": (f"path served caller {FILES}", 0),
    "path/one-end": (f"path pod/caller {FILES}", 0),
    "path/not-an-end": (f"path cm/x pod/caller {FILES}", 0),
}


@pytest.mark.parametrize("name", SCREENS)
def test_screen(name: str) -> None:
    line, columns = SCREENS[name]
    compare(name, run(line, columns=columns))
