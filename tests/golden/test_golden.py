"""Every screen as it was last accepted. `UPDATE_GOLDEN=1 pytest tests/golden` accepts what is printed now."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest

from tests.golden.screens import SNAPSHOTS, Screen, compare, expected, run
from tests.rig.processes import ends_within

MESH = "-f mesh.yaml"

# name of the expectation: the command line and the columns of the terminal; none is a pipe.
SCREENS: dict[str, tuple[str, int]] = {
    "status-all-80": (f"status -A {MESH}", 80),
    "status-all-200": (f"status -A {MESH}", 200),
    "status-pods-80": (f"status -A --pods {MESH}", 80),
    "status-pods-200": (f"status -A --pods {MESH}", 200),
    "status-one-namespace-80": (f"status -n blog {MESH}", 80),
    "status-nodes-80": (f"status --nodes {MESH}", 80),
    "status-nodes-200": (f"status --nodes {MESH}", 200),
    "status-nodes-json": (f"status --nodes -o json {MESH}", 0),
    "status-dead-80": ("status -A --fail-on drift,pending,conflict,unknown --whole-cluster -f dead.yaml", 80),
    "status-dead-200": ("status -A --fail-on error --whole-cluster -f dead.yaml", 200),
    "status-dead-namespace-80": ("status -n shop --whole-cluster -f dead.yaml", 80),
    "status-dead-nodes-80": ("status --nodes --whole-cluster -f dead.yaml", 80),
    "explain-dead-80": ("explain pod web-1 -n shop --whole-cluster -f dead.yaml", 80),
    "explain-dead-namespace-80": ("explain ns shop till --whole-cluster -f dead.yaml", 80),
    "status-wide": (f"status -n blog -o wide {MESH}", 0),
    "status-no-headers": (f"status -n shop --no-headers {MESH}", 0),
    "status-json": (f"status -n shop -o json {MESH}", 0),
    "status-yaml": (f"status -n shop -o yaml {MESH}", 0),
    "status-name": (f"status -n blog -o name {MESH}", 0),
    "status-nothing": (f"status -n empty {MESH}", 0),
    "status-drift": (f"status -n blog --fail-on drift cache-1 {MESH}", 0),
    "status-bare": ("status -n blog -f bare.yaml", 80),
    "explain-enrolled-80": (f"explain pod pilot-light -n legacy {MESH}", 80),
    "explain-pending-80": (f"explain pod api -n blog {MESH}", 80),
    "explain-starting-80": (f"explain pod fresh -n blog {MESH}", 80),
    "explain-not-enrolled-80": (f"explain pod web-7d4b9c5f6-9qz7m -n blog {MESH}", 80),
    "explain-stale-80": (f"explain pod cache-1 -n blog {MESH}", 80),
    "explain-not-ambient-80": (f"explain pod cart-6b5d9f7c8-4tq8r -n shop {MESH}", 80),
    "explain-not-ambient-200": (f"explain pod cart-6b5d9f7c8-4tq8r -n shop {MESH}", 200),
    "explain-unknown-80": (f"explain pod orphan -n lost {MESH}", 80),
    "explain-json": (f"explain pod cart-6b5d9f7c8-4tq8r -n shop -o json {MESH}", 0),
    "explain-yaml": (f"explain pod till -n shop -o yaml {MESH}", 0),
    "explain-namespace-80": (f"explain ns shop {MESH}", 80),
    "explain-deployment-80": (f"explain deploy web -n blog {MESH}", 80),
    "explain-no-pods-80": (f"explain deploy/idle ns/empty -n blog {MESH}", 80),
    "explain-elsewhere": (f"explain pod till -n blog {MESH}", 0),
    "labels-80": ("labels", 80),
    "labels-one-key-80": ("labels use-waypoint sidecar.istio.io/inject", 80),
    "labels-unknown-key": ("labels use-waypoints", 0),
    "labels-all": ("labels -A -f labels.yaml", 0),
    "labels-all-80": ("labels -A -f labels.yaml", 80),
    "labels-mistakes-80": ("labels -n shop --only-mistakes -f labels.yaml", 80),
    "labels-objects": ("labels ns/shop svc/web svc/cart deploy/web -f labels.yaml", 0),
    "labels-nothing": ("labels -n plain -f labels.yaml", 0),
    "labels-name": ("labels svc -n shop -o name --fail-on any -f labels.yaml", 0),
    "labels-yaml": ("labels svc/cart -n shop -o yaml -f labels.yaml", 0),
}


@pytest.mark.parametrize("name", SCREENS)
def test_screen(name: str) -> None:
    line, columns = SCREENS[name]
    compare(name, run(line, columns=columns))


def test_nothing_else_is_expected() -> None:
    assert expected() == {*SCREENS, *COLOURS}


COLOURS = {"status-colour": f"status -n blog {MESH}", "explain-colour": f"explain pod api -n blog {MESH}"}


def on_a_terminal(line: str, **environment: str) -> Screen:
    """A process of its own with a real pseudo-terminal as its screen."""
    pty = pytest.importorskip("pty")
    fcntl, termios, struct = map(pytest.importorskip, ("fcntl", "termios", "struct"))
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
    process = subprocess.Popen(
        [sys.executable, "-m", "kubectl_ambient", *shlex.split(line)],
        cwd=SNAPSHOTS,
        env={**clean, "TERM": "xterm", **environment},
        stdout=slave,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(slave)
    out = b""
    with ends_within(120, process):
        while chunk := _read(master):
            out += chunk
        _, err = process.communicate()
    os.close(master)
    return Screen(out.decode().replace("\r\n", "\n"), err, process.returncode)


def _read(master: int) -> bytes:
    try:
        return os.read(master, 65536)
    except OSError:  # Linux tells the end of a terminal so
        return b""


@pytest.mark.parametrize("name", COLOURS)
def test_colour_on_a_terminal(name: str) -> None:
    screen = on_a_terminal(COLOURS[name])
    compare(name, Screen(screen.out.replace("\033", "\\e"), screen.err, screen.code))
    assert "\033[" in screen.out
    plain = run(COLOURS[name], columns=80)
    assert _without_colour(screen.out) == plain.out, "colour repeats what the words say, and adds nothing"


def _without_colour(text: str) -> str:
    for code in ("31", "32", "33", "2", "1", "0"):
        text = text.replace(f"\033[{code}m", "")
    return text


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colour_where_none_is_wanted(environment: dict[str, str]) -> None:
    assert "\033" not in on_a_terminal(COLOURS["status-colour"], **environment).out


FITTING = sorted({(line, width) for line, columns in SCREENS.values() if columns for width in (80, 200)})


@pytest.mark.parametrize(("line", "columns"), FITTING)
def test_sentences_fit_the_screen(line: str, columns: int) -> None:
    """Only what cannot be broken goes over the edge: a name, a command, an address, a row of a table."""
    screen = run(line, columns=columns)
    for text in screen.out.splitlines():
        words = max((len(word) for word in text.split()), default=0)
        command = text.lstrip(" →.123456789").startswith(("kubectl ", "istioctl "))
        assert len(text) <= columns or command or words > columns // 2, text
